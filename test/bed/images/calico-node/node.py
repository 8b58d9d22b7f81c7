"""Stands in for calico/node where the real one cannot be had: looks at what it was given, as far as its own start
would, tries its user in etcd by the gateway for JSON, and writes what it found to /var/log/calico/stand-in.json.
Ends where the real one would."""

import base64
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request

REQUIRED = ["NODENAME", "DATASTORE_TYPE", "ETCD_ENDPOINTS", "CALICO_NETWORKING_BACKEND"]
MOUNTS = ["/var/log/calico", "/var/run/calico", "/var/lib/calico", "/lib/modules", "/run"]
ENDPOINT = os.environ.get("ETCD_ENDPOINTS", "").split(",")[0]


def fail(message):
    print(message, flush=True)
    sys.exit(1)


def call(path, body, token=None):
    request = urllib.request.Request(ENDPOINT + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    if token:
        request.add_header("Authorization", token)
    context = None
    if ENDPOINT.startswith("https:"):
        context = ssl.create_default_context(cafile=os.environ.get("ETCD_CA_CERT_FILE"))
        if "ETCD_CERT_FILE" in os.environ:
            context.load_cert_chain(os.environ["ETCD_CERT_FILE"], os.environ["ETCD_KEY_FILE"])
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        return json.load(answer)


def allowed(path, body, token):
    try:
        call(path, body, token)
        return True
    except urllib.error.HTTPError as error:
        return "denied:" + error.read().decode()[:200]


def text(key):
    return base64.b64encode(key.encode()).decode()


for name in REQUIRED:
    if not os.environ.get(name):
        fail("no " + name)
mounted = {line.split()[4] for line in open("/proc/self/mountinfo")} - {"/"}


def is_mounted(path):
    """/var/run and /lib are links; what lies in a mount is mounted."""
    real = os.path.realpath(path)
    return any(real == place or real.startswith(place + "/") for place in mounted)


token = None
if "ETCD_USERNAME" in os.environ:
    login = {"name": os.environ["ETCD_USERNAME"], "password": os.environ["ETCD_PASSWORD"]}
    try:
        token = call("/v3/auth/authenticate", login)["token"]
    except (OSError, KeyError) as error:
        fail("etcd does not let this user in: " + str(error))
secrets = [os.environ[name] for name in ("ETCD_CA_CERT_FILE", "ETCD_CERT_FILE", "ETCD_KEY_FILE") if name in os.environ]
with open("/var/log/calico/stand-in.json.new", "w") as report:
    ends = {"key": text("/calico/"), "range_end": text("/calico0")}
    berth = {"key": text("/berth/"), "range_end": text("/berth0")}
    json.dump(
        {
            "environment": {k: v for k, v in os.environ.items() if k != "ETCD_PASSWORD"},
            "unmounted": [path for path in MOUNTS if not is_mounted(path)],
            "secrets": {path: oct(os.stat(path).st_mode & 0o777) for path in secrets},
            "readsCalico": allowed("/v3/kv/range", ends, token),
            "writesCalico": allowed("/v3/kv/put", {"key": text("/calico/stand-in"), "value": text("x")}, token),
            "readsBerth": allowed("/v3/kv/range", berth, token),
            "writesBerth": allowed("/v3/kv/put", {"key": text("/berth/stand-in"), "value": text("x")}, token),
        },
        report,
    )
os.rename("/var/log/calico/stand-in.json.new", "/var/log/calico/stand-in.json")
print("ready", flush=True)
while True:
    time.sleep(3600)
