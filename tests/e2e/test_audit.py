"""Whatever a person changes is in the trail, with who did it and for whom, and the trail is whole."""

import json

from support.waiting import wait_until

POLICY = '[service_level.high]\nrespond = "20m"\n'


def test_every_change_leaves_an_entry(make_collector, make_agent, folder):
    collector = make_collector().start()
    enrolment = collector.json("token", "create", "--class", "server", "--site", "main")
    make_agent().enroll(enrolment["token"]).start()
    machine = wait_until(lambda: collector.machine().get("up") and collector.machine()["id"], "the machine is up")
    (folder / "policy.toml").write_text(POLICY)
    token = collector.json("--as", "Mari", "token", "create", "--api", "--role", "viewer")["record"]["id"]
    window = collector.json("--as", "Mari", "window", "add", "--machine", machine, "--from", "now", "--for", "1h", "--title", "t")["window"]["id"]
    changes = [
        (["token", "revoke", token], "token-revoked", f"token {token}"),
        (["window", "remove", window], "window-removed", f"window {window}"),
        (["policy", "apply", folder / "policy.toml", "--reason", "sooner"], "policy-applied", "policy 1"),
        (["machine", "retire", machine, "--reason", "sold"], "machine-retired", f"machine {machine}"),
        (["machine", "delete", machine], "machine-deleted", f"machine {machine}"),
    ]
    for command, _, _ in changes:
        result = collector.ctl("--as", "Mari", *command)
        assert result.returncode == 0, result
    trail = [json.loads(line) for line in collector.ctl("audit", "export").stdout.splitlines()]
    by_mari = [(e["action"], e["object"]) for e in trail if e.get("actor", "").startswith("Mari (local user ")]
    expected = [("token-created", f"token {token}"), ("window-added", f"window {window}"), *[(a, o) for _, a, o in changes]]
    assert by_mari == expected, by_mari
    enrolled = [(e["actor"], e["object"], e["to"]) for e in trail if e["action"] == "machine-enrolled"]
    assert enrolled == [(f"token {enrolment['record']['id']}", f"machine {machine}", "server at site main")], enrolled
    collector.kill()
    collector.start()
    verified = collector.ctl("audit", "verify")
    assert verified.returncode == 0, verified
