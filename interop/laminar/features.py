"""Does what Laminar's pages on manual spans and on continuing traces show, one
trace a feature, and answers with the ids. Input: transport (grpc or http), port,
parents (serialized contexts to go on from)."""

import json
import os
import sys

from lmnr import Attributes, Laminar, LaminarClient, observe

given = json.loads(sys.argv[1])
port = given["port"]
Laminar.initialize(
    project_api_key="any-key",
    base_url="http://127.0.0.1",
    http_port=port,
    grpc_port=port,
    force_http=given["transport"] == "http",
    instruments=set(),
)


def trace_of(span):
    return format(span.get_span_context().trace_id, "032x")


def span_of(span):
    return format(span.get_span_context().span_id, "016x")


def child():
    Laminar.start_span("child").end()


def observed(inside=child, **options):
    """What a feature that runs in an observed function answers with."""
    found = {}

    @observe(**options)
    def body():
        found["trace"] = str(Laminar.get_trace_id())
        return inside()

    body()
    return found


def feature_observe():
    found = {}

    @observe(name="inner")
    def inner(a, b):
        return f"{a} {b}"

    @observe(name="outer")
    def outer(question):
        found["trace"] = str(Laminar.get_trace_id())
        return inner(question["text"], 2)

    outer({"text": "why"})
    return found


def feature_with_span():
    span = Laminar.start_span("parent", input={"q": 1})
    with Laminar.use_span(span, end_on_exit=True):
        child()
        Laminar.set_span_output("done")
        Laminar.set_span_attributes({"my.key": "my value"})
    return {"trace": trace_of(span)}


def feature_current():
    with Laminar.start_as_current_span("current") as span:
        child()
    return {"trace": trace_of(span)}


def feature_active():
    span = Laminar.start_active_span("active")
    child()
    span.end()
    return {"trace": trace_of(span)}


def feature_types():
    def inside():
        for kind in ["DEFAULT", "LLM", "TOOL", "EXECUTOR", "EVALUATOR", "HUMAN_EVALUATOR", "EVALUATION", "PIPELINE", "CACHED"]:
            Laminar.start_span(kind, span_type=kind).end()

    return observed(inside, name="types")


def feature_model_call():
    with Laminar.start_as_current_span("chat", input=[{"role": "user", "content": "why"}], span_type="LLM") as span:
        Laminar.set_span_attributes(
            {
                Attributes.PROVIDER: "openai",
                Attributes.REQUEST_MODEL: "gpt-4.1",
                Attributes.RESPONSE_MODEL: "gpt-4.1-2025-04-14",
                Attributes.INPUT_TOKEN_COUNT: 120,
                Attributes.OUTPUT_TOKEN_COUNT: 30,
                Attributes.INPUT_COST: 0.25,
                Attributes.OUTPUT_COST: 0.5,
                Attributes.TOTAL_COST: 0.75,
            }
        )
    return {"trace": trace_of(span)}


def feature_late():
    def inside():
        Laminar.set_trace_session_id("chat-8")
        Laminar.set_trace_user_id("bob")
        Laminar.set_trace_metadata({"env": "late"})

    return observed(inside, name="late")


def feature_exception():
    def inside():
        raise TypeError("card declined")

    found = {}
    try:
        with Laminar.start_as_current_span("failing") as span:
            found["trace"] = trace_of(span)
            inside()
    except TypeError:
        pass
    return found


def written(name, **options):
    span = Laminar.start_span(name, **options)
    context = {"text": Laminar.serialize_span_context(span), "trace": trace_of(span), "span": span_of(span)}
    span.end()
    return context


def feature_serialize():
    contexts = [
        written("plain"),
        written('names "quoted" ü 日本 \n', session_id="s", user_id="u", metadata={"n": 5, "deep": {"list": [1, "two", None]}}),
    ]

    @observe(name="outer", session_id="observed-session", user_id="observed-user")
    def outer():
        contexts.append(written("below"))

    outer()
    return {"contexts": contexts}


def feature_continue():
    contexts = []
    for text in given["parents"]:
        parent = Laminar.deserialize_span_context(text)  # raises on what it can't read
        span = Laminar.start_span("continued span", parent_span_context=parent)
        contexts.append({"trace": trace_of(span), "span": span_of(span)})
        span.end()
        with Laminar.start_as_current_span("continued observe", parent_span_context=text) as span:
            contexts.append({"trace": trace_of(span)})
    return {"contexts": contexts}


def feature_use_context():
    contexts = []
    for text in given["parents"]:
        with Laminar.use_span_context(Laminar.deserialize_span_context(text)):
            span = Laminar.start_span("in used context")
            contexts.append({"trace": trace_of(span)})
            span.end()
    return {"contexts": contexts}


features = {
    # First, because the session and user of an observed function stay on after it.
    "continue": feature_continue,
    "continue without a span of its own": feature_use_context if hasattr(Laminar, "use_span_context") else None,
    "observe": feature_observe,
    "observe, input and output ignored": lambda: observed(lambda: "secret", name="quiet", ignore_input=True, ignore_output=True),
    "start span, with span": feature_with_span,
    "start as current span": feature_current,
    "start active span": feature_active,
    "span types": feature_types,
    "model call by hand": feature_model_call,
    "session": lambda: observed(name="with session", session_id="chat-7 ü"),
    "user": lambda: observed(name="with user", user_id="ann"),
    "metadata": lambda: observed(name="with metadata", metadata={"env": "test", "n": 3, "nested": {"a": [1]}}),
    "session, user and metadata set inside": feature_late,
    "tags": lambda: observed(name="tagged", tags=["a", "b", "a"]),
    "tags set inside": lambda: observed(lambda: Laminar.set_span_tags(["c"]), name="tagged inside"),
    "tags added inside": lambda: observed(lambda: Laminar.add_span_tags(["d"]), name="tagged twice", tags=["a"]),
    "events": lambda: observed(lambda: Laminar.event("cache miss", {"key": "k1"}), name="with event"),
    "exceptions": feature_exception,
    "tracing level meta_only": None,
    "tracing level off": None,
    "serialize": feature_serialize,
}

answer = {name: run() if run else {"absent": True} for name, run in features.items()}
assert Laminar.flush()

# After the fact, through the client.
client = LaminarClient(base_url="http://127.0.0.1", project_api_key="any-key", port=port)
trace = answer["observe"]["trace"]
client.tags.tag(trace, ["later"])
answer["client: tag"] = {"trace": trace}
if hasattr(client, "traces"):
    client.traces.push_metadata(trace, {"reviewed": True, "rating": 5})
    answer["client: metadata"] = {"trace": trace}
else:
    answer["client: metadata"] = {"absent": True}
if hasattr(client, "evaluators"):
    client.evaluators.score(name="fit", trace_id=trace, score=0.5)
    answer["client: score"] = {"trace": trace}
else:
    answer["client: score"] = {"absent": True}
client.close()
Laminar.shutdown()
with open(os.environ["CLEW_RESULT"], "w") as f:
    json.dump(answer, f)
