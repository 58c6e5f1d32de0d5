#!/usr/bin/env python3
"""show_fields.py DOCUMENT.json: the fields of a document (plait.document/1) as a table."""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)
print(f"{'field':<10} {'confidence':>10}  value")
for name, field in document["fields"].items():
    if field["value"] is None:
        print(f"{name:<10} {'':>10}  ({field['reason']})")
    else:
        print(f"{name:<10} {field['confidence']:>10.2f}  {field['value']}")
