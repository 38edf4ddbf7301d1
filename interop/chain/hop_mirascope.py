"""A hop that uses mirascope.ops: takes a task over HTTP and puts it on a queue.
Input: port, name, in, out (each {way, at}), nats."""

import asyncio
import http.server
import json
import os
import sys

import nats
from mirascope import ops
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

given = json.loads(sys.argv[1])
provider = TracerProvider(resource=Resource.create({"service.name": "mirascope"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"http://127.0.0.1:{given['port']}/v1/traces")))
ops.configure(tracer_provider=provider)


async def enqueue(headers):
    conn = await nats.connect(given["nats"])
    await conn.publish(given["out"]["at"], b"", headers=headers)
    await conn.flush()
    await conn.close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        # The propagator wants names in lower case.
        received = {name.lower(): value for name, value in self.headers.items()}
        with ops.propagated_context(extract_from=received):
            with ops.span(given["name"]):
                # Mirascope carries no user; what this SDK wrote does.
                headers = {k: v for k, v in received.items() if k == "x-laminar-span-context"}
                ops.inject_context(headers)
                asyncio.run(enqueue(headers))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


host, port = given["in"]["at"].removeprefix("http://").split(":")
server = http.server.HTTPServer((host, int(port)), Handler)
open(os.environ["CLEW_RESULT"] + ".ready", "w").close()
server.handle_request()
provider.shutdown()
with open(os.environ["CLEW_RESULT"], "w") as f:
    f.write("{}")
