#!/usr/bin/env python3
"""What the agent costs on this idle machine, beside Debian's node_exporter, collectd and zabbix_agentd in the same run.
Prints JSON.

usage: agent_footprint.py --bin DIR [--agent FILE] [--seconds 600] [--interval 15]

Starts a collector, this machine's agent and a node_exporter that is scraped by curl at the same interval; all on loopback,
each from a private copy, so that no page of its binary is shared with another process. The agent reaches the collector
through a relay of this program that counts bytes: TLS and gRPC framing included, TCP/IP headers not.
CPU is user + system seconds from /proc/PID/stat; what its children used that have ended is told apart as tools_cpu_seconds (the
agent's tools, of which apt-get takes seconds, once a day or when packages have changed). Memory is PSS of smaps_rollup, wakeups
are voluntary context switches of all threads; each is summed over all processes of a program. Needs prometheus-node-exporter
and curl; collectd-core and zabbix-agent are left out where they are not installed.
"""
import argparse, datetime, json, os, pathlib, re, shutil, signal, socket, subprocess, sys, tempfile, threading, time

import footprint_peers as peers

HZ = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    text = open(f"/proc/{pid}/stat").read()
    return sum(map(int, text[text.rindex(")") + 2:].split()[11:13])) / HZ


def tools_cpu_seconds(pid):
    text = open(f"/proc/{pid}/stat").read()
    return sum(map(int, text[text.rindex(")") + 2:].split()[13:15])) / HZ


def memory_kib(pid):
    fields = dict(re.findall(r"^(\w+):\s+(\d+) kB", open(f"/proc/{pid}/smaps_rollup").read(), re.M))
    return {"pss": int(fields["Pss"]), "rss": int(fields["Rss"]), "anonymous": int(fields["Anonymous"])}


def wakeups(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", open(f"/proc/{pid}/task/{task}/status").read(), re.M)[1])
    return total


def loaded_bytes(pid):
    exe = os.path.realpath(f"/proc/{pid}/exe")
    shared = {line.split()[-1] for line in open(f"/proc/{pid}/maps") if ".so" in line}
    return {"program": os.path.getsize(exe), "shared_libraries": sum(map(os.path.getsize, shared)), "shared_library_count": len(shared)}


def family(pid):
    """The process and its children; zabbix_agentd is several."""
    try:
        children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    except OSError:
        return []
    return [pid] + [one for child in children for one in family(int(child))]


def memory_of_family(pid):
    parts = [memory_kib(one) for one in family(pid)]
    return {key: sum(part[key] for part in parts) for key in parts[0]}


class Relay:
    """Forwards connections to `target` and counts what the client sends and receives."""

    def __init__(self, target):
        self.target, self.sent, self.received = target, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(self.target)
            except OSError:  # the collector was stopped first
                client.close()
                continue
            threading.Thread(target=self.pump, args=(client, server, "sent"), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, "received"), daemon=True).start()

    def pump(self, source, sink, counter):
        try:
            while data := source.recv(65536):
                setattr(self, counter, getattr(self, counter) + len(data))
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder, self.processes = options, folder, {}

    def private_copy(self, program):
        path = program if "/" in program else shutil.which(program, path=f"{self.options.bin}:{os.environ['PATH']}:/usr/bin:/usr/sbin")
        if not path:
            sys.exit(f"{program} was not found; build first, or install Debian's package")
        return shutil.copy(path, f"{self.folder}/{pathlib.Path(program).name}.bin")

    def start(self, name, argv):
        with open(f"{self.folder}/{name}.log", "w") as log:
            self.processes[name] = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        return self.processes[name].pid

    def stop(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def wait(self, what, condition, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if result := condition():
                    return result
            except (OSError, ValueError, subprocess.CalledProcessError):
                pass
            time.sleep(0.02)
        sys.exit(f"gave up waiting for {what}; logs are in {self.folder}")

    def start_pushing_peers(self):
        """By name: process and what its listener has counted. Those that are installed."""
        found = {}
        if shutil.which("collectd", path="/usr/sbin:/usr/bin"):
            sink = peers.collectd_sink()
            config = pathlib.Path(self.folder, "collectd.conf")
            config.write_text(peers.collectd_config(self.folder, self.options.interval, sink.port))
            found["collectd"] = (self.start("collectd", [self.private_copy("collectd"), "-f", "-C", str(config)]), sink)
        if shutil.which("zabbix_agentd", path="/usr/sbin:/usr/bin"):
            sink = peers.zabbix_sink(self.options.interval)
            config = pathlib.Path(self.folder, "zabbix_agentd.conf")
            config.write_text(peers.zabbix_config(self.folder, sink.port, 29101))
            found["zabbix_agentd"] = (self.start("zabbix_agentd", [self.private_copy("zabbix_agentd"), "-f", "-c", str(config)]), sink)
        for name, (_, sink) in found.items():
            self.wait(f"the first values of {name}", lambda: sink.values, 3 * self.options.interval + 60)
        return found

    def run(self):
        seconds, interval = self.options.seconds, self.options.interval
        data = f"{self.folder}/collector"
        config = pathlib.Path(self.folder, "collector.toml")
        config.write_text(f'[listen]\nagents = "127.0.0.1:0"\nhttp = "127.0.0.1:0"\n[agents]\ninterval = "{interval}s"\n')
        self.start("collector", [self.private_copy("steward-collector"), "serve", "--config", str(config), "--data", data])
        endpoints = self.wait("the collector", lambda: json.load(open(f"{data}/endpoints.json")))
        host, port = endpoints["agents"].rsplit(":", 1)
        relay = Relay((host, int(port)))
        ctl = [f"{self.options.bin}/stewardctl", "--data", data, "--json"]
        token = json.loads(subprocess.check_output(ctl + ["token", "create", "--class", "server", "--address", f"127.0.0.1:{relay.port}"]))["token"]
        state = f"{self.folder}/agent"
        agent_program = self.private_copy(self.options.agent or "steward-agent")
        subprocess.run([agent_program, "enroll", token, "--state", state], check=True, stdout=subprocess.DEVNULL)
        begun = time.time()
        agent = self.start("agent", [agent_program, "run", "--state", state])
        # The agent's own word: asking around would take longer than what is measured.
        status = [agent_program, "status", "--state", state, "--json"]
        acknowledged = self.wait("the first acknowledgement", lambda: json.loads(
            subprocess.check_output(status, stderr=subprocess.DEVNULL)).get("lastAcknowledgedTime"))
        first_acknowledged = datetime.datetime.fromisoformat(acknowledged).timestamp() - begun
        exporter = self.start("node_exporter", [self.private_copy("prometheus-node-exporter"), "--web.listen-address=127.0.0.1:29100"])
        scrape = ["curl", "-s", "--compressed", "-w", "%{stderr}%{size_download} %{size_header}", "http://127.0.0.1:29100/metrics"]
        self.wait("node_exporter", lambda: subprocess.run(scrape, capture_output=True).stdout)
        pushing = self.start_pushing_peers()
        time.sleep(2 * interval)  # both have settled

        programs = {"agent": agent, "node_exporter": exporter} | {name: pid for name, (pid, _) in pushing.items()}
        before = {name: [sum(map(count, family(pid))) for count in (cpu_seconds, wakeups, tools_cpu_seconds)] for name, pid in programs.items()}
        pushed = {name: (sink.bytes, sink.values) for name, (_, sink) in pushing.items()}
        sent, received, scraped, cycles, text = relay.sent, relay.received, 0, 0, b""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            time.sleep(interval)
            result = subprocess.run(scrape, capture_output=True)
            scraped += sum(map(int, result.stderr.split()))
            cycles, text = cycles + 1, result.stdout
        elapsed = time.monotonic() - begun

        def row(name, pid, values, wire):
            cpu, woken, tools = before[name]
            cpu = sum(map(cpu_seconds, family(pid))) - cpu
            return {
                "values_per_cycle": values,
                "memory_kib": memory_of_family(pid),
                "threads": sum(len(os.listdir(f"/proc/{one}/task")) for one in family(pid)),
                "cpu_seconds_per_hour": round(cpu * 3600 / elapsed, 3),
                "cpu_ms_per_cycle": round(cpu * 1000 / cycles, 3),
                "tools_cpu_seconds": round(sum(map(tools_cpu_seconds, family(pid))) - tools, 2),
                "wakeups_per_second": round((sum(map(wakeups, family(pid))) - woken) / elapsed, 2),
                "bytes_sent_per_cycle": round(wire / (elapsed / interval)),
                "installed_bytes": loaded_bytes(pid),
            }

        http = endpoints["http"]
        machine = json.loads(subprocess.check_output(ctl + ["machines"]))["machines"][0]["id"]
        exposed = subprocess.check_output(["curl", "-s", f"{http}/metrics/machines/{machine}"]).decode()
        lines = lambda t: sum(1 for line in t.split("\n") if line and line[0] != "#")
        result = {
            "seconds": round(elapsed, 1),
            "interval_seconds": interval,
            "steward_agent": row("agent", agent, lines(exposed), relay.sent - sent) | {
                "bytes_received_per_cycle": round((relay.received - received) / (elapsed / interval)),
                "start_to_first_acknowledgement_seconds": round(first_acknowledged, 3),
            },
            "node_exporter": row("node_exporter", exporter, lines(text.decode()), scraped),
        }
        for name, (pid, sink) in pushing.items():
            sent_before, values_before = pushed[name]
            values = round((sink.values - values_before) / (elapsed / interval))
            result[name] = row(name, pid, values, sink.bytes - sent_before)
        mine, peer = result["steward_agent"], result["node_exporter"]
        result["ratio_to_node_exporter"] = {
            "memory_pss": round(mine["memory_kib"]["pss"] / peer["memory_kib"]["pss"], 3),
            "cpu": round(mine["cpu_seconds_per_hour"] / max(peer["cpu_seconds_per_hour"], 1e-9), 3),
            "bytes_sent": round(mine["bytes_sent_per_cycle"] / peer["bytes_sent_per_cycle"], 4),
        }
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="folder of the built programs")
    parser.add_argument("--agent", help="another steward-agent than the folder's: the portable one")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--interval", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="steward-footprint-") as folder:
        bench = Bench(options, folder)
        try:
            print(json.dumps(bench.run(), indent=2))
        finally:
            bench.stop()


if __name__ == "__main__":
    main()
