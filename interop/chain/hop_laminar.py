"""A hop that uses Laminar's SDK for Python. Input: port, name, in, out (each
{way, at}), nats, db. It takes a task from a queue or a row, and hands it on in a
row or over HTTP."""

import asyncio
import json
import os
import sqlite3
import sys
import time

import httpx
import nats
from lmnr import Laminar

given = json.loads(sys.argv[1])
Laminar.initialize(
    project_api_key="any-key", base_url="http://127.0.0.1", http_port=given["port"], grpc_port=given["port"], instruments=set()
)


def ready():
    open(os.environ["CLEW_RESULT"] + ".ready", "w").close()


async def from_queue(subject):
    conn = await nats.connect(given["nats"])
    subscription = await conn.subscribe(subject)
    await conn.flush()
    ready()
    message = await subscription.next_msg(timeout=180)
    await conn.close()
    return message.headers["X-Laminar-Span-Context"]


def from_row(task):
    ready()
    while True:
        with sqlite3.connect(given["db"], timeout=60) as db:
            row = db.execute("SELECT context FROM tasks WHERE name = ?", (task,)).fetchone()
        if row:
            return row[0]
        time.sleep(0.05)


source = given["in"]
context = asyncio.run(from_queue(source["at"])) if source["way"] == "queue" else from_row(source["at"])
with Laminar.start_as_current_span(given["name"], parent_span_context=context):
    text = Laminar.serialize_span_context()
    out = given["out"]
    if out["way"] == "row":
        with sqlite3.connect(given["db"], timeout=60) as db:
            db.execute("INSERT INTO tasks (name, context) VALUES (?, ?)", (out["at"], text))
    else:
        httpx.post(out["at"], headers={"X-Laminar-Span-Context": text}, timeout=60).raise_for_status()
assert Laminar.flush()
Laminar.shutdown()
with open(os.environ["CLEW_RESULT"], "w") as f:
    f.write("{}")
