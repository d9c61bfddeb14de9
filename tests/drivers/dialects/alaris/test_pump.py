"""The pump's side of alaris: answers, the leave to control and its end, what is denied."""

from __future__ import annotations

from math import inf

import pytest

from drivers.dialects import PumpIdentity, PumpSide
from drivers.dialects.alaris import ALARIS, AlarisDialect
from drivers.dialects.alaris.frames import crc, encode, framer
from pump.commands import Access, LinkLost, LinkRestored, NewBag, PowerOff, Start, Unlock
from tests.drivers.dialects.feeding import vectors
from tests.drivers.line import RigPump
from tests.pump.rig import SUPPLIER_CODE, Rig

H = 3600.0
WHO = PumpIdentity(serial="800606-30002")
CONTROL = "REMOTE_CTRL^ENABLED^E73C"
CONFIGURATION = "REMOTE_CFG^ENABLED^E73C"
GRANTED = "ENABLED^****^PERMIT^0^ms"


class Bench:
    """A pump that has run at 0.6 mL/h for five hours; `wall_s` is moved by hand."""

    def __init__(self, dialect: AlarisDialect = ALARIS, *, timers: bool = True) -> None:
        self.device = RigPump(Rig())
        self.side: PumpSide = dialect.pump(self.device, WHO, timers=timers)
        self.wall_s = 100.0
        self.device.rig.to(60.0)
        self.device.rig.do(NewBag(), Start())
        self.device.rig.to(60.0 + 5 * H)

    def ask(self, text: str) -> str | None:
        found = framer().feed(self.side.receive(encode(text), self.wall_s))
        return found[0] if found else None

    def pass_time(self, span_s: float) -> None:
        self.wall_s += span_s
        if self.side.next_deadline_s() <= self.wall_s:
            self.side.wake(self.wall_s)

    @property
    def mode(self) -> str:
        return self.device.status().mode

    @property
    def standing(self) -> set[str]:
        return self.device.rig.standing()


@pytest.mark.parametrize("row", vectors("alaris")["code"], ids=lambda row: row["serial"])
def test_the_code_is_the_crc_of_the_serial_number(row: dict[str, str]) -> None:
    assert crc(row["serial"]) == row["code"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("INST_SERIALNO", "INST_SERIALNO^800606-30002"),
        ("COMMS_PROTOCOL", "COMMS_PROTOCOL^Asena Rev 2.1.5"),
        ("COMMS_RESPONSE_MAX", "COMMS_RESPONSE_MAX^4000^ms"),
        ("INF_RATE", "INF_RATE^0.60^ml/h"),
        ("INF_VI", "INF_VI^3.000^ml"),
        ("INF_VTBI", "INF_VTBI^ACTIV^97.800^ml^STOP"),
        ("ALARM", "ALARM^AL_NOALM^ ^ "),
        ("REMQUERY^DEACT", "REMQUERY^DEACT^^^"),
        (CONTROL, "REMOTE_CTRL^" + GRANTED),
        (CONFIGURATION, "REMOTE_CFG^" + GRANTED),
        ("REMOTE_CTRL^DISABLED", "REMOTE_CTRL^DISABLED^****^PERMIT^0^ms"),
        ("REMOTE_CTRL^ENABLED^E73D", "REMOTE_CTRL^DENIED"),
        ("REMOTE_CTRL^ENABLED", "REMOTE_CTRL^DENIED"),
        ("REMOTE_CTRL", "REMOTE_CTRL^DENIED"),
        ("INF_START", "INF_START^DENIED"),
        ("INF_STOP", "INF_STOP^DENIED"),
        ("INF_RATE^7.5^ml/h", "INF_RATE^DENIED"),
        ("INF_BOLUS", "INF_BOLUS^DENIED"),
        ("INF_PURGE_RATE", None),
        ("inf", None),
        ("", None),
    ],
)
def test_it_answers(question: str, answer: str | None) -> None:
    bench = Bench()
    assert bench.ask(question) == answer
    assert bench.device.applied == []


def test_its_status_has_thirteen_fields() -> None:
    bench = Bench()
    bench.device.rig.read(p_down_mmhg=17.914)
    newest = bench.device.log()[-1].number
    fields = f"800606-30002^-^INF^0.60^ml/h^^3.000^ml^17.91^mmHg^24+^EVENT^{newest}"
    assert bench.ask("INF") == f"INF^{fields}"


def test_at_rest_it_tells_the_rate_that_is_set_and_the_time_that_it_would_take() -> None:
    bench = Bench()
    bench.device.rig.to(60.0 + 168 * H - 5400.0)  # an hour and a half before the end
    bench.ask(CONTROL)
    bench.ask("INF_STOP")
    answer = bench.ask("INF")
    assert answer is not None
    fields = answer.split("^")
    assert fields[3:6] == ["SET", "0.60", "ml/h"]
    assert fields[11] == "01:30:00"


def test_it_tells_the_most_urgent_alarm() -> None:
    bench = Bench()
    bench.device.rig.read(mains_frac=0.0)
    bench.device.rig.read(p_down_mmhg=1500.0)
    bench.device.rig.to(bench.device.t_s + 60.0)
    assert len(bench.standing) > 1
    assert bench.ask("ALARM") == "ALARM^AL_OCCLU^ ^ "
    answer = bench.ask("INF")
    assert answer is not None
    assert answer.split("^")[2:4] == ["AL_OCCLU", "SET"]


def test_another_alarm_has_a_name_of_the_same_pattern() -> None:
    bench = Bench()
    bench.device.rig.read(cassette_frac=0.0)
    bench.device.rig.to(bench.device.t_s + 1.0)
    assert bench.ask("ALARM") == "ALARM^AL_CASSETTE_DETACHED^ ^ "


def test_requests_in_pieces_together_and_among_garbage() -> None:
    side = Bench().side
    answers = b"".join(side.receive(bytes((each,)), 0.0) for each in encode("INF_VI"))
    assert answers == encode("INF_VI^3.000^ml")
    answers = side.receive(b"\x1b\xff" + encode("INF_VI") + b"!INF|0000\r" + encode("INF_RATE"), 0.0)
    assert answers == encode("INF_VI^3.000^ml") + encode("INF_RATE^0.60^ml/h")


# ---------------------------------------------------------------- leave to control


def test_with_leave_it_stops_and_starts() -> None:
    bench = Bench()
    bench.ask(CONTROL)
    assert bench.ask("INF_STOP") == "INF_STOP"
    assert bench.mode == "stopped"
    assert bench.ask("INF_START") == "INF_START"
    assert bench.mode == "running"
    assert bench.ask("INF_START") == "INF_START^DENIED"


def test_leave_that_is_renewed_does_not_end() -> None:
    bench = Bench()
    for _ in range(10):
        bench.ask(CONTROL)
        assert bench.side.next_deadline_s() == bench.wall_s + 4.0
        bench.pass_time(3.999)
    assert bench.ask("INF_STOP") == "INF_STOP"
    assert LinkLost() not in bench.device.applied


def test_other_questions_do_not_renew_it() -> None:
    bench = Bench()
    bench.ask(CONTROL)
    for _ in range(3):
        bench.pass_time(1.0)
        bench.ask("INF")
    bench.pass_time(1.0)
    assert bench.device.applied == [LinkLost()]


def test_leave_that_is_not_renewed_ends_with_the_pumps_alarm_and_it_goes_on_infusing() -> None:
    bench = Bench()
    bench.ask(CONTROL)
    bench.ask(CONFIGURATION)
    bench.pass_time(4.0)
    assert bench.device.applied == [LinkLost()]
    assert "LINK_LOST" in bench.standing
    assert bench.mode == "running"
    assert bench.side.next_deadline_s() == inf
    assert bench.ask("INF_STOP") == "INF_STOP^DENIED"
    bench.pass_time(100.0)
    assert bench.device.applied == [LinkLost()]


def test_a_request_that_comes_too_late_finds_the_leave_ended_though_nobody_woke_the_pump() -> None:
    bench = Bench()
    bench.ask(CONTROL)
    bench.wall_s += 4.0
    assert bench.ask("INF_STOP") == "INF_STOP^DENIED"
    assert "LINK_LOST" in bench.standing


def test_whoever_asks_again_is_heard_again() -> None:
    bench = Bench()
    bench.ask(CONTROL)
    bench.pass_time(4.0)
    assert bench.ask(CONTROL) == "REMOTE_CTRL^" + GRANTED
    assert bench.device.applied == [LinkLost(), LinkRestored()]
    assert "LINK_LOST" not in bench.standing
    bench.ask(CONTROL)
    assert bench.device.applied == [LinkLost(), LinkRestored()]


def test_a_wrong_code_renews_nothing() -> None:
    bench = Bench()
    bench.ask(CONTROL)
    bench.pass_time(2.0)
    assert bench.ask("REMOTE_CTRL^ENABLED^0000") == "REMOTE_CTRL^DENIED"
    bench.pass_time(2.0)
    assert bench.device.applied == [LinkLost()]


def test_leave_given_back_ends_without_an_alarm() -> None:
    bench = Bench()
    bench.ask(CONTROL)
    bench.ask("REMOTE_CTRL^DISABLED")
    bench.pass_time(100.0)
    assert bench.device.applied == []
    assert bench.ask("INF_STOP") == "INF_STOP^DENIED"


def test_without_timers_leave_does_not_end() -> None:
    bench = Bench(timers=False)
    bench.ask(CONTROL)
    assert bench.side.next_deadline_s() == inf
    bench.pass_time(1e6)
    assert bench.ask("INF_STOP") == "INF_STOP"


def test_the_length_of_the_lease_can_be_chosen_and_is_told() -> None:
    bench = Bench(AlarisDialect(lease_s=1.5))
    assert bench.ask("COMMS_RESPONSE_MAX") == "COMMS_RESPONSE_MAX^1500^ms"
    bench.ask(CONTROL)
    bench.pass_time(1.5)
    assert "LINK_LOST" in bench.standing


def test_a_power_failure_ends_leave_without_an_alarm() -> None:
    bench = Bench()
    bench.ask(CONTROL)
    bench.side.restart(bench.wall_s)
    assert bench.side.next_deadline_s() == inf
    assert bench.device.applied == []
    assert bench.ask("INF_STOP") == "INF_STOP^DENIED"


def test_a_pump_that_is_off_hears_nothing_and_loses_nobody() -> None:
    bench = Bench()
    bench.ask(CONTROL)
    bench.ask("INF_STOP")
    bench.device.rig.do(PowerOff())
    assert bench.ask("INF") is None
    applied = list(bench.device.applied)
    bench.pass_time(4.0)
    assert bench.device.applied == applied


# ---------------------------------------------------------------- settings


def unlocked() -> Bench:
    """A stopped pump whose keyboard the supplier has opened, remote commands counting as the supplier's."""
    bench = Bench(AlarisDialect(access=Access.SUPPLIER))
    bench.ask(CONTROL)
    bench.ask(CONFIGURATION)
    bench.ask("INF_STOP")
    bench.device.rig.do(Unlock(code=SUPPLIER_CODE, access=Access.SUPPLIER))
    return bench


def test_settings_are_changed_with_leave_for_them_and_an_open_lock() -> None:
    bench = unlocked()
    assert bench.ask("INF_RATE^7.5^ml/h") == "INF_RATE^7.50^ml/h"
    assert bench.device.program().rate_ml_h == 7.5
    assert (
        bench.ask("INF_VTBI^ACTIV^11.000^ml^STOP") == "INF_VTBI^ACTIV^8.000^ml^STOP"
    )  # 3 mL of it are given
    assert bench.ask("INF_VI_CLEAR") == "INF_VI_CLEAR"
    assert bench.ask("INF_VI") == "INF_VI^0.000^ml"


@pytest.mark.parametrize(
    "command",
    [
        "INF_RATE^7.5^ml/min",
        "INF_RATE^0.09^ml/h",
        "INF_RATE^1200.01^ml/h",
        "INF_RATE^-1^ml/h",
        "INF_RATE^1e3^ml/h",
        "INF_RATE^nan^ml/h",
        "INF_RATE^7.5",
        "INF_VTBI^DEACT",
        "INF_VTBI^ACTIV^11^ml^KVO",
        "INF_VTBI^ACTIV^x^ml^STOP",
        "INF_START^1",
        "INF_BOLUS^ENABLED",
    ],
)
def test_what_it_cannot_take_is_denied_and_nothing_is_left_keyed(command: str) -> None:
    bench = unlocked()
    program = bench.device.program()
    assert bench.ask(command) == command.split("^", maxsplit=1)[0] + "^DENIED"
    assert bench.device.program() == program
    assert bench.device.rig.core.draft.is_empty


def test_a_rate_beyond_the_pumps_own_limits_leaves_nothing_keyed() -> None:
    bench = unlocked()
    assert bench.ask("INF_RATE^1200^ml/h") == "INF_RATE^DENIED"
    assert bench.device.program().rate_ml_h == 0.6
    assert bench.device.rig.core.draft.is_empty


def test_leave_to_control_is_none_to_change_settings_and_the_lock_has_the_last_word() -> None:
    bench = Bench(AlarisDialect(access=Access.SUPPLIER))
    bench.ask(CONTROL)
    assert bench.ask("INF_RATE^7.5^ml/h") == "INF_RATE^DENIED"
    bench.ask(CONFIGURATION)
    assert bench.ask("INF_RATE^7.5^ml/h") == "INF_RATE^DENIED"
    assert bench.device.program().rate_ml_h == 0.6
