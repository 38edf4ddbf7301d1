"""Uses mirascope.ops as its pages show, with the propagator that
MIRASCOPE_PROPAGATOR names. Input: endpoint, carriers (headers to go on from).
Answers with the headers that it injects, and the ids of its spans."""

import json
import os
import sys

from mirascope import ops
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

given = json.loads(sys.argv[1])
provider = TracerProvider(resource=Resource.create({"service.name": "mirascope"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(given["endpoint"] + "/v1/traces")))
ops.configure(tracer_provider=provider)
answer = {}

# inject: what they send is continued here.
with ops.session(id="mira-session", attributes={"plan": "pro"}):
    with ops.span("there", topic="weather") as there:
        headers = {}
        ops.inject_context(headers)
        answer["injected"] = {"headers": headers, "trace": there.trace_id, "span": there.span_id}

# extract: what is sent here is continued there.
answer["extracted"] = []
for headers in given["carriers"]:
    with ops.propagated_context(extract_from=headers):
        with ops.span("continued") as span:
            answer["extracted"].append({"trace": span.trace_id, "span": span.span_id})


@ops.trace(tags=["b", "a"], metadata={"team": "search"})
def answer_question(question: str, limit: int = 3) -> str:
    with ops.span("inside"):
        return f"{question}: {limit}"


@ops.trace()
def failing():
    raise ValueError("card declined")


@ops.version(name="v1", tags=["prod"])
def versioned(question: str) -> str:
    """Answers."""
    return question


with ops.session(id="features", attributes={"plan": "pro"}), ops.span("features") as features:
    answer_question("why")
    features.set(**{"my.key": "my value"})
    features.event("cache miss", key="k1")
    features.info("found", hits=3)
    with ops.span("logs an error") as log:
        log.error("out of stock")
    try:
        failing()
    except ValueError:
        pass
    versioned("why")
    traced = answer_question.wrapped("annotated")
    answer["features"] = {"trace": features.trace_id}
provider.shutdown()
with open(os.environ["CLEW_RESULT"], "w") as f:
    json.dump(answer, f)
