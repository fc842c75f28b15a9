"""What can go wrong. A fault has a name, takes a target so that it is not struck twice at once, begins, lasts, and ends."""

import contextlib
import signal


class Fault:
    def __init__(self, name, target, begin, end, least, most, weight=1):
        self.name = name
        self.target = target    # no two faults of one target at a time
        self.begin = begin
        self.end = end
        self.seconds = (least, most)
        self.weight = weight


def _signal(thing, number):
    if thing.program.running:
        thing.program.process.send_signal(number)


def network_faults(branch):
    target = f"line {branch.link}"
    yield Fault("cut", target, branch.cut, branch.join, 0.2, 12, 3)
    yield Fault("slow", target, branch.slow, branch.fast, 1, 10)
    for side in ("branch", "collector"):
        yield Fault(f"half-open-{side}", target, lambda s=side: branch.deafen(s), lambda s=side: branch.hear(s), 0.5, 12)


def fleet_faults(fleet):
    target = f"fleet {fleet.branch.link}"
    yield Fault("agents-killed", target, fleet.kill, fleet.start, 0.05, 3, 3)
    yield Fault("agents-stopped", target, fleet.stop, fleet.start, 0.05, 3)
    yield Fault("agents-frozen", target, lambda: _signal(fleet, signal.SIGSTOP), lambda: _signal(fleet, signal.SIGCONT), 0.5, 5)


def collector_faults(collector):
    def restore():
        if collector.backup.exists():
            collector.restore_backup()

    target = "collector"
    yield Fault("collector-killed", target, collector.kill, collector.start, 0.05, 3, 4)
    yield Fault("collector-stopped", target, collector.stop, collector.start, 0.05, 3)
    yield Fault("collector-frozen", target, lambda: _signal(collector, signal.SIGSTOP), lambda: _signal(collector, signal.SIGCONT), 0.5, 5)
    yield Fault("collector-backed-up", target, collector.take_backup, lambda: None, 0.1, 1)
    yield Fault("collector-restored", target, restore, collector.start, 0.05, 1)
    yield Fault("collector-disk-full", "disk", lambda: collector.disk.fill(), collector.disk.empty, 1, 8)


def fault_list(collector, fleets):
    faults = list(collector_faults(collector))
    for fleet in fleets:
        faults += [*network_faults(fleet.branch), *fleet_faults(fleet)]
    return faults


class Trouble:
    """Strikes faults, a few at a time, until it has struck so many."""

    AT_ONCE = 3

    def __init__(self, faults, chance):
        self.faults = faults
        self.chance = chance
        self.under_way = []  # (end time, fault)
        self.struck = {}
        self.log = []

    @property
    def count(self):
        return sum(self.struck.values())

    def strike(self, now):
        busy = {fault.target for _, fault in self.under_way}
        free = [fault for fault in self.faults if fault.target not in busy]
        if len(self.under_way) >= self.AT_ONCE or not free:
            return
        fault = self.chance.choices(free, [f.weight for f in free])[0]
        # Short ones are frequent, long ones happen.
        least, most = fault.seconds
        lasts = least + (most - least) * self.chance.random() ** 3
        self.log.append(f"{now:.2f} {fault.name} ({fault.target}) for {lasts:.2f} s")
        fault.begin()
        self.under_way.append((now + lasts, fault))
        self.struck[fault.name] = self.struck.get(fault.name, 0) + 1

    def end_due(self, now):
        for entry in [e for e in self.under_way if e[0] <= now]:
            self.under_way.remove(entry)
            entry[1].end()

    def end_all(self):
        self.end_due(float("inf"))
