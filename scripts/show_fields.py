#!/usr/bin/env python3
"""Shows the fields of a document (plait.document/1 on stdin) as a table."""
import json
import sys

document = json.load(sys.stdin)
print(f"{'field':<10} {'confidence':>10}  value")
for name, field in document["fields"].items():
    if field["value"] is None:
        print(f"{name:<10} {'':>10}  ({field['reason']})")
    else:
        print(f"{name:<10} {field['confidence']:>10.2f}  {field['value']}")
