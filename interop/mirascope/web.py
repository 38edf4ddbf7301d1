"""Serves one request with the recipe of mirascope's pages for FastAPI or Flask,
and calls on with the one for httpx. Input: endpoint, recipe (fastapi or flask),
port, next (the URL that is called)."""

import json
import os
import sys
import threading

import httpx
from mirascope import ops
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

given = json.loads(sys.argv[1])
provider = TracerProvider(resource=Resource.create({"service.name": given["recipe"]}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(given["endpoint"] + "/v1/traces")))
ops.configure(tracer_provider=provider)
served = threading.Event()


def call_on():
    with ops.span("call on"):
        headers = {}
        ops.inject_context(headers)
        httpx.get(given["next"], headers=headers).raise_for_status()


if given["recipe"] == "fastapi":
    import uvicorn
    from fastapi import FastAPI, Request

    app = FastAPI()

    @app.middleware("http")
    async def trace_context(request: Request, call_next):
        with ops.propagated_context(extract_from=dict(request.headers)):
            return await call_next(request)

    @app.get("/ask")
    def ask():
        with ops.span("handle"):
            call_on()
        return {}

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=given["port"], log_level="warning"))

    @app.get("/stop")
    async def stop():
        server.should_exit = True
        return {}

    server.run()
else:
    from flask import Flask, request
    from werkzeug.serving import make_server

    app = Flask(__name__)

    @app.get("/ask")
    def ask():
        with ops.propagated_context(extract_from=dict(request.headers)):
            with ops.span("handle"):
                call_on()
        return {}

    @app.get("/stop")
    def stop():
        served.set()
        return {}

    server = make_server("127.0.0.1", given["port"], app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.wait()
    server.shutdown()
provider.shutdown()
with open(os.environ["CLEW_RESULT"], "w") as f:
    json.dump({}, f)
