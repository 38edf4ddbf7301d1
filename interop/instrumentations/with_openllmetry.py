"""Asks a model as openai's users do, recorded by OpenLLMetry's instrumentation,
and answers with the trace of each kind of call. Input: endpoint, model (URL of a
provider)."""

import json
import os
import sys

import openai
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import asking

given = json.loads(sys.argv[1])
provider = TracerProvider(resource=Resource.create({"service.name": "openllmetry"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(given["endpoint"] + "/v1/traces")))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("app")


def under(name, ask):
    with tracer.start_as_current_span(
        name,
        attributes={
            "traceloop.span.kind": "workflow",
            "traceloop.association.properties.session_id": "chat-7",
            "traceloop.association.properties.user_id": "ann",
            "traceloop.association.properties.plan": "pro",
        },
    ) as span:
        ask()
        return {"trace": trace.format_trace_id(span.get_span_context().trace_id)}


answer = asking.every(openai.OpenAI(api_key="any-key", base_url=given["model"] + "/v1", max_retries=0), under)
provider.shutdown()
with open(os.environ["CLEW_RESULT"], "w") as f:
    json.dump(answer, f)
