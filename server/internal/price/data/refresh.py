"""Writes prices.json from the published genai-prices package: python3 refresh.py WHEEL DATE

The package holds its data as Python literals of its own classes. They are read without running it: every class name
becomes a dictionary of its keyword arguments. What a server doesn't need (comments, links, extractors) is left out.
"""

import ast
import json
import re
import sys
import zipfile

LEFT_OUT = {"pricing_urls", "description", "price_comments", "extractors", "context_window", "deprecated", "name", "api_pattern"}
RENAMED = {"or_": "or", "and_": "and"}
# Go's regular expressions have no look-ahead. Two stand in the data: one excludes a prefix up to a slash, which the server
# cuts off before it asks; the other stands alone and becomes a clause of its own.
NO_SLASH = "(?![^/]+/)"
NOT = re.compile(r"^\^\(\?!(.*)\)$")


def plain(node):
    match node:
        case ast.Constant():
            return node.value
        case ast.List() | ast.Tuple():
            return [plain(e) for e in node.elts]
        case ast.Dict():
            return {plain(k): plain(v) for k, v in zip(node.keys, node.values)}
        case ast.UnaryOp(op=ast.USub()):
            return -plain(node.operand)
        case ast.Call(func=ast.Name(id="Decimal")):
            return Decimal(plain(node.args[0]))
        case ast.Call(func=ast.Attribute(attr=kind)):  # datetime.date(2025, 1, 2), datetime.time(0, 30, tzinfo=datetime.UTC)
            parts = [plain(a) for a in node.args] + [0, 0]
            return "%04d-%02d-%02d" % tuple(parts[:3]) if kind == "date" else "%02d:%02d" % tuple(parts[:2])
        case ast.Call():
            fields = {k.arg: plain(k.value) for k in node.keywords}
            if "regex" in fields:
                fields["regex"] = fields["regex"].replace(NO_SLASH, "")
                if excluded := NOT.match(fields["regex"]):
                    return {"not": {"regex": excluded.group(1)}}
            fields = {RENAMED.get(k, k): v for k, v in fields.items() if k not in LEFT_OUT and v is not None}
            return fields
    raise SystemExit("line %d of data.py holds what this script does not know: %s" % (node.lineno, ast.dump(node)[:200]))


class Decimal(str):
    """A price, kept as the text it is written in."""


def main(wheel, date):
    version = re.search(r"genai_prices-([0-9.]+)-", wheel).group(1)
    with zipfile.ZipFile(wheel) as z:
        tree = ast.parse(z.read("genai_prices/data.py"))
        licence = next(z.read(n) for n in z.namelist() if n.endswith("LICENSE"))
    providers = next(plain(s.value) for s in tree.body if isinstance(s, (ast.Assign, ast.AnnAssign)) and isinstance(s.value, ast.List) and len(s.value.elts) > 5)
    data = {"source": "genai-prices", "version": version, "date": date, "providers": providers}
    with open("prices.json", "w") as f:
        # One model a line, so that a refresh shows what changed.
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        f.write(text.replace('{"id":', '\n{"id":') + "\n")
    with open("LICENSE", "wb") as f:
        f.write(licence)
    print("genai-prices %s of %s: %d providers, %d models" % (version, date, len(providers), sum(len(p["models"]) for p in providers)))


main(*sys.argv[1:])
