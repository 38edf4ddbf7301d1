"""Makes one span and ends: what it belongs to is decided by the environment.
Input: port."""

import json
import os
import sys

from lmnr import Laminar

port = json.loads(sys.argv[1])["port"]
Laminar.initialize(project_api_key="any-key", base_url="http://127.0.0.1", http_port=port, grpc_port=port, instruments=set())
span = Laminar.start_span("started")
ids = span.get_span_context()
span.end()
assert Laminar.flush()
Laminar.shutdown()
with open(os.environ["CLEW_RESULT"], "w") as f:
    json.dump({"trace": format(ids.trace_id, "032x"), "span": format(ids.span_id, "016x")}, f)
