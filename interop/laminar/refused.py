"""Calls what Laminar's client offers and clew doesn't, and answers with what each
call fails with. Input: port."""

import json
import os
import sys
import uuid

from lmnr import LaminarClient

port = json.loads(sys.argv[1])["port"]
client = LaminarClient(base_url="http://127.0.0.1", project_api_key="any-key", port=port)
some = uuid.UUID(int=1)
calls = {
    "SQL": lambda: client.sql.query("SELECT 1"),
    "datasets: list": lambda: client.datasets.list_datasets(),
    "datasets: get": lambda: client.datasets.get_dataset_by_name("golden"),
    "datasets: push": lambda: client.datasets.push(name="golden", points=[{"data": {"q": 1}}]),
    "datasets: pull": lambda: client.datasets.pull(name="golden"),
    "evaluations: create": lambda: client.evals.init("fit"),
    "evaluations: datapoints": lambda: client.evals.save_datapoints(some, []),
    "debugger: notes": (lambda: client.rollout_sessions.add_block(str(some), "note", {}))
    if hasattr(getattr(client, "rollout_sessions", None), "add_block")
    else None,
}
answer = {}
for name, call in calls.items():
    if not call:
        answer[name] = {"absent": True}
        continue
    try:
        answer[name] = {"done": repr(call())}
    except Exception as error:
        answer[name] = {"error": f"{type(error).__name__}: {error}"}
client.close()
with open(os.environ["CLEW_RESULT"], "w") as f:
    json.dump(answer, f)
