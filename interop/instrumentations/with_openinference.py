"""Asks a model as openai's users do, recorded by OpenInference's instrumentation,
and answers with the trace of each kind of call. Input: endpoint, model (URL of a
provider)."""

import json
import os
import sys

import openai
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import asking

given = json.loads(sys.argv[1])
provider = TracerProvider(resource=Resource.create({"service.name": "openinference"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(given["endpoint"] + "/v1/traces")))
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("app")


def under(name, ask):
    with using_attributes(session_id="chat-7", user_id="ann", metadata={"plan": "pro"}, tags=["a", "b"]):
        with tracer.start_as_current_span(name) as span:
            ask()
            return {"trace": trace.format_trace_id(span.get_span_context().trace_id)}


answer = asking.every(openai.OpenAI(api_key="any-key", base_url=given["model"] + "/v1", max_retries=0), under)
provider.shutdown()
with open(os.environ["CLEW_RESULT"], "w") as f:
    json.dump(answer, f)
