"""For schemathesis: sends sheets as they are, and names things that exist."""
import json
import os
import zlib

import schemathesis

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KNOWN = json.loads(os.environ.get("GONGQIAO_KNOWN_IDS", "{}"))
# What would take the speakers their own keys and agreements.
SPARED = ("/v1/parties/{party}/revoke", "/v1/credentials/{key}/revoke",
          "/v1/agreements/{agreement}/terminate", "/v1/agreements/{agreement}/amend")


@schemathesis.serializer("application/x-ndjson", "text/csv", XLSX)
def sheet(_context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def known(name, value):
    """Half of the time something that exists, the same for the same value."""
    ids = KNOWN.get(name.rstrip("s"), [])
    place = zlib.crc32(repr(value).encode()) % (2 * len(ids)) if ids else 0
    return ids[place] if place < len(ids) else value


def within(value):
    if isinstance(value, list):
        return [within(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: [known(name, one) for one in item] if isinstance(item, list) and name == "cards"
            else known(name, item) if isinstance(item, str) else within(item)
            for name, item in value.items()}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if not path_parameters or context.operation.path in SPARED:
        return path_parameters
    return {name: known(name, value) for name, value in path_parameters.items()}


@schemathesis.hook
def map_query(_context, query):
    return within(query)


@schemathesis.hook
def map_body(_context, body):
    return within(body)
