"""Peers of agent_footprint.py that push: collectd to a UDP listener, zabbix_agentd to a server that asks for the items of
the vendor's Linux template. Each listener counts bytes and values."""
import json, re, socket, struct, threading

COLLECTD_PLUGINS = "cpu memory load disk df interface swap processes uptime users vmem contextswitch irq entropy".split()

ZABBIX_ITEMS = (
    "agent.ping agent.hostname agent.version system.uptime system.hostname system.uname system.boottime system.localtime "
    "system.users.num system.sw.arch kernel.maxfiles kernel.maxproc proc.num[] proc.num[,,run] system.cpu.num "
    "system.cpu.load[all,avg1] system.cpu.load[all,avg5] system.cpu.load[all,avg15] system.cpu.switches system.cpu.intr "
    "system.cpu.util[,idle] system.cpu.util[,user] system.cpu.util[,system] system.cpu.util[,iowait] system.cpu.util[,nice] "
    "system.cpu.util[,softirq] system.cpu.util[,interrupt] system.cpu.util[,steal] vm.memory.size[total] "
    "vm.memory.size[available] vm.memory.size[pavailable] system.swap.size[,total] system.swap.size[,free] "
    "system.swap.size[,pfree] vfs.fs.size[/,total] vfs.fs.size[/,used] vfs.fs.size[/,pused] vfs.fs.inode[/,pfree] "
    "net.if.in[lo] net.if.out[lo] net.if.in[lo,errors] net.if.out[lo,errors] net.if.in[lo,dropped] net.if.out[lo,dropped] "
    "net.if.in[eth0] net.if.out[eth0] net.if.in[eth0,errors] net.if.out[eth0,errors] net.if.in[eth0,dropped] "
    "net.if.out[eth0,dropped] vfs.file.cksum[/etc/passwd,sha256] vfs.dev.read[,sps]").split()


class Sink:
    """What one peer has sent so far."""

    def __init__(self):
        self.bytes = self.values = 0


def collectd_sink():
    """UDP; a value list is the part of type 6: a count, then one byte of type and eight of value each."""
    sink, listener = Sink(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))
    sink.port = listener.getsockname()[1]

    def receive():
        while True:
            datagram = listener.recv(65536)
            sink.bytes += len(datagram)
            while len(datagram) >= 4:
                kind, length = struct.unpack(">HH", datagram[:4])
                if kind == 6:
                    sink.values += struct.unpack(">H", datagram[4:6])[0]
                if length < 4:
                    break
                datagram = datagram[length:]

    threading.Thread(target=receive, daemon=True).start()
    return sink


def collectd_config(folder, interval, port):
    plugins = "".join(f"LoadPlugin {name}\n" for name in COLLECTD_PLUGINS)
    return (f'BaseDir "{folder}"\nPIDFile "{folder}/collectd.pid"\nHostname "h"\nFQDNLookup false\nInterval {interval}\n'
            f'TypesDB "/usr/share/collectd/types.db"\nLoadPlugin network\n{plugins}'
            f'<Plugin network>\n Server "127.0.0.1" "{port}"\n</Plugin>\n')


def zabbix_sink(interval):
    """Asks for ZABBIX_ITEMS at every `interval` seconds and takes what comes."""
    sink, listener = Sink(), socket.create_server(("127.0.0.1", 0))
    sink.port = listener.getsockname()[1]
    items = [{"key": key, "itemid": i + 1, "delay": interval, "lastlogsize": 0, "mtime": 0} for i, key in enumerate(ZABBIX_ITEMS)]

    def answer(request):
        if request.get("request") == "active checks":
            return {"response": "success", "data": items}
        values = len(request.get("data", []))
        sink.values += values
        return {"response": "success", "info": f"processed: {values}; failed: 0; total: {values}; seconds spent: 0.0"}

    def serve():
        while True:
            peer, _ = listener.accept()
            with peer:
                text = b""
                while len(text) < 13 or len(text) < 13 + struct.unpack("<Q", text[5:13])[0]:
                    if not (data := peer.recv(65536)):
                        break
                    text += data
                sink.bytes += len(text)
                if text.startswith(b"ZBXD\x01"):
                    reply = json.dumps(answer(json.loads(text[13:]))).encode()
                    peer.sendall(b"ZBXD\x01" + struct.pack("<Q", len(reply)) + reply)

    threading.Thread(target=serve, daemon=True).start()
    return sink


def zabbix_config(folder, port, listen_port):
    return (f"AllowRoot=1\nLogType=console\nPidFile={folder}/zabbix.pid\nListenIP=127.0.0.1\nListenPort={listen_port}\n"
            f"Server=127.0.0.1\nServerActive=127.0.0.1:{port}\nHostname=h\n")
