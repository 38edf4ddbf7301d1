"""Asks a model with Langfuse's SDK and its stand-in for openai's client, and
answers with the trace of each kind of call. Input: endpoint, model (URL of a
provider)."""

import json
import os
import sys

from langfuse import Langfuse, propagate_attributes
from langfuse.openai import OpenAI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

import asking

given = json.loads(sys.argv[1])
langfuse = Langfuse(
    public_key="any-key",
    secret_key="any-key",
    base_url=given["endpoint"],
    span_exporter=OTLPSpanExporter(given["endpoint"] + "/v1/traces"),
)


def under(name, ask):
    with langfuse.start_as_current_observation(name=name, as_type="agent") as span:
        with propagate_attributes(session_id="chat-7", user_id="ann", metadata={"plan": "pro"}, tags=["a", "b"]):
            ask()
        return {"trace": span.trace_id}


answer = asking.every(OpenAI(api_key="any-key", base_url=given["model"] + "/v1", max_retries=0), under)
langfuse.flush()
langfuse.shutdown()
with open(os.environ["CLEW_RESULT"], "w") as f:
    json.dump(answer, f)
