"""Sends one trace of 103 spans through a published exporter and answers with its
id. Input: protocol (grpc or http/protobuf), compression (gzip or none), endpoint,
service.
"""

import json
import os
import sys

import grpc
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HTTPExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

given = json.loads(sys.argv[1])
protocol, compression, endpoint, service = (given[k] for k in ("protocol", "compression", "endpoint", "service"))
gzip = compression == "gzip"
if protocol == "grpc":
    exporter = GrpcExporter(
        endpoint=endpoint,
        insecure=True,
        compression=grpc.Compression.Gzip if gzip else grpc.Compression.NoCompression,
    )
else:
    exporter = HTTPExporter(
        endpoint=endpoint + "/v1/traces",
        compression=Compression.Gzip if gzip else Compression.NoCompression,
    )

results = []
send = exporter.export


def export(spans):
    results.append(send(spans))
    return results[-1]


exporter.export = export
provider = TracerProvider(resource=Resource.create({"service.name": service}))
provider.add_span_processor(BatchSpanProcessor(exporter, max_export_batch_size=40))
tracer = provider.get_tracer("interop", "1.0.0")

root = tracer.start_span("checkout", kind=trace.SpanKind.SERVER, attributes={"session.id": "session-ü"})
in_root = trace.set_span_in_context(root)
charge = tracer.start_span("charge", in_root, kind=trace.SpanKind.CLIENT)
charge.record_exception(ValueError("card declined"))
charge.set_status(trace.StatusCode.ERROR, "card declined")
charge.end()
chat = tracer.start_span(
    "chat",
    in_root,
    attributes={
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4.1",
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 30,
        "list": ["a", "b"],
        "ratio": 0.5,
        "cached": True,
    },
    links=[trace.Link(charge.get_span_context())],
)
in_chat = trace.set_span_in_context(chat)
for i in range(100):
    tracer.start_span(f"item {i}", in_chat, attributes={"text": "x" * 1000}).end()
chat.end()
root.end()
provider.shutdown()
if not results or any(r is not SpanExportResult.SUCCESS for r in results):
    sys.exit(f"export failed: {results}")
with open(os.environ["CLEW_RESULT"], "w") as f:
    json.dump({"trace": trace.format_trace_id(root.get_span_context().trace_id)}, f)
