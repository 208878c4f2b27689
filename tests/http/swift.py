"""An S3 store for the tests that really checks signatures: OpenStack Swift with its S3 front (Debian:
swift-proxy, swift-account, swift-container, swift-object, memcached), in a folder of its own."""
import contextlib
import datetime
import hashlib
import hmac
import os
import pwd
import shutil
import socket
import subprocess
import time
import urllib.parse
import xml.etree.ElementTree

import requests

USER, SECRET, REGION = "test:tester", "testing", "us-east-1"
PROGRAMS = ("swift-proxy-server", "swift-account-server", "swift-container-server",
            "swift-object-server", "swift-ring-builder", "memcached")
SWIFT_CONF = """[swift-hash]
swift_hash_path_suffix = testsuffix
swift_hash_path_prefix = testprefix
[storage-policy:0]
name = one
default = yes
"""
SERVER = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/node
mount_check = false
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
"""
PROXY = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors cache s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache}
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""


def missing():
    """Why there can be no store here; None where there can."""
    for program in PROGRAMS:
        if not shutil.which(program):
            return f"{program} is not installed"
    try:
        os.makedirs("/etc/swift", exist_ok=True)
        if not os.path.exists("/etc/swift/swift.conf"):
            with open("/etc/swift/swift.conf", "w", encoding="ascii") as file:
                file.write(SWIFT_CONF)
    except OSError as error:
        return f"Swift wants /etc/swift/swift.conf: {error}"
    return None


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Swift:
    """A running store. stop() and start() again are the store being away for a while."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {name: free_port() for name in
                      ("proxy", "account", "container", "object", "cache")}
        self.running = []
        os.makedirs(f"{folder}/node/d1")
        user = pwd.getpwuid(os.getuid()).pw_name
        for name in ("account", "container", "object"):
            self.write(name, SERVER.format(port=self.ports[name], user=user, folder=folder,
                                           name=name))
            ring = [shutil.which("swift-ring-builder"), f"{folder}/{name}.builder"]
            for step in (["create", "4", "1", "0"],
                         ["add", f"r1z1-127.0.0.1:{self.ports[name]}/d1", "1"], ["rebalance"]):
                subprocess.run(ring + step, capture_output=True, check=False, timeout=60)
        self.write("proxy", PROXY.format(port=self.ports["proxy"], user=user, folder=folder,
                                         cache=self.ports["cache"]))

    def write(self, name, text):
        with open(f"{self.folder}/{name}-server.conf", "w", encoding="ascii") as file:
            file.write(text)

    def launch(self, *command):
        with open(f"{self.folder}/log", "ab") as log:
            self.running.append(subprocess.Popen(  # pylint: disable=consider-using-with
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def start(self):
        self.launch("memcached", "-u", pwd.getpwuid(os.getuid()).pw_name, "-l", "127.0.0.1", "-p",
                    str(self.ports["cache"]))
        for name in ("account", "container", "object", "proxy"):
            self.launch(shutil.which(f"swift-{name}-server"),
                        f"{self.folder}/{name}-server.conf")
        deadline = time.monotonic() + 120
        while True:
            assert all(process.poll() is None for process in self.running), open(
                f"{self.folder}/log", encoding="utf-8", errors="replace").read()[-2000:]
            # The front is asked last: it leaves alone for a minute whom it could not reach.
            with contextlib.suppress(OSError, requests.RequestException):
                for port in self.ports.values():
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                if self.ask("GET", "/").status_code == 200:
                    return
            assert time.monotonic() < deadline, "Swift does not answer"
            time.sleep(0.2)

    def stop(self):
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running = []

    @property
    def host(self):
        return f"127.0.0.1:{self.ports['proxy']}"

    def setting(self, bucket, region=REGION):
        """The store as VENDAS_IMAGE_STORE has it."""
        return f"s3+http://{self.host}/{bucket}/pictures?region={region}"

    def ask(self, method, path, **query):
        """A request signed by AWS Signature Version 4, written down from its specification."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/{REGION}/s3/aws4_request"
        empty = hashlib.sha256(b"").hexdigest()
        headers = {"host": self.host, "x-amz-content-sha256": empty, "x-amz-date": now}
        names = ";".join(sorted(headers))
        canonical = "\n".join([
            method, path, urllib.parse.urlencode(sorted(query.items()), quote_via=urllib.parse.quote,
                                                 safe=""),
            *[f"{name}:{headers[name]}" for name in sorted(headers)], "", names, empty])
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope,
                          hashlib.sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{SECRET}".encode()
        for part in [*scope.split("/"), text]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={USER}/{scope},"
                                    f"SignedHeaders={names},Signature={key.hex()}")
        return requests.request(method, f"http://{self.host}{path}", params=sorted(query.items()),
                                headers=headers, timeout=30)

    def keys(self, bucket, prefix=""):
        """What lies in a bucket."""
        answer = self.ask("GET", f"/{bucket}", prefix=prefix)
        assert answer.status_code == 200, answer.text
        tree = xml.etree.ElementTree.fromstring(answer.text)
        return [node.text for node in tree.iter() if node.tag.endswith("}Key")]
