"""The pump's side of miva: what each command is answered with, keys, and what is refused."""

from __future__ import annotations

from math import inf

import pytest

from drivers.dialects import PumpIdentity, PumpSide
from drivers.dialects.miva import MIVA, MivaDialect
from drivers.dialects.miva.frames import LONGEST_FRAME_COUNT, Checksum, encode, framer
from drivers.dialects.miva.tables import PRESSES_COUNT, RING_COUNT
from pump.commands import Key, NewBag, PowerOff, PowerOn, PressKey, Start, Stop
from tests.drivers.line import RigPump
from tests.pump.rig import Rig

H = 3600.0
WHO = PumpIdentity(maker="Ambupump", model="table", serial="sn800008", software="1.2-b")


class Bench:
    """A pump core on a table with the dialect before it; `wall_s` is moved by hand."""

    def __init__(self, *, timers: bool = True) -> None:
        self.device = RigPump(Rig())
        self.side: PumpSide = MIVA.pump(self.device, WHO, timers=timers)
        self.wall_s = 100.0

    def ask(self, text: str) -> str:
        (answer,) = framer().feed(self.side.receive(encode(text), self.wall_s))
        return answer

    def to(self, t_s: float) -> None:
        self.device.rig.to(t_s)

    @property
    def mode(self) -> str:
        return self.device.status().mode

    @property
    def keys(self) -> list[tuple[Key, bool]]:
        return [(each.key, each.down) for each in self.device.applied if isinstance(each, PressKey)]


def running() -> Bench:
    """A pump that has run at 0.6 mL/h from 60 s until 60 s + 5 h: 3.0 of 100.8 mL given."""
    bench = Bench()
    bench.to(60.0)
    bench.device.rig.do(NewBag(), Start())
    bench.to(60.0 + 5 * H)
    return bench


READS = {
    "RN": "RNSN800008",
    "RS": "RS1.2-b",
    "RM": "RM01",
    "RL": "RLAMBUPUMP 1          ",
    "RB": "RB07D0",
    "RC": "RCF000468C",  # 18060 s
    "R1": "R111F8",
    "RD": "RD02000200",
    "R3": "R3001E",  # 30 tenths of a millilitre
    "R7": "R70140",  # 3.20 V: full
    "R8": "R811F8000082",  # 3.0 mL / (4600 * 5 nL) = 130.4 rotations
    "R9": "R90000468C",
    "RA": "RA03E80140",
    "S9": "S9600200140",  # running 400 + 200 at rest, 200 at rest, 3.20 V
    "Q0": "Q0CONT",
    "Q1": "Q11",
    "Q2": "Q2003C",  # 60 hundredths
    "Q3": "Q300004650",  # 18000 s
    "Q4": "Q4mL/hr",
    "Q5": "Q5012C",  # 300 hundredths
    "Q6": "Q62760",  # 10080 hundredths
    "Q7": "Q70",
    "Q8": "Q80000",
    "Q9": "Q90000",
    "QA": "QA0000",
    "QC": "QCmL/hr",
    "QD": "QD2760",
    "QE": "QE00093A80",  # 168 h = 604800 s
    "QF": "QFhr",
    "QG": "QG0000",
    "*IDN?": "Ambupump,table,SN800008,1.2-b",
    ":SERIAL?": "SN800008",
    ":INFUSION:MODE?": "CONT",
    ":INFUSION:RUNNING?": "TRUE",
    ":INFUSION:RATE?": "0.60",
    ":INFUSION:RATE:UNIT?": "mL/hr",
    ":INFUSION:TIME?": "18000",
    ":INFUSION:VINF?": "3.00",
    ":INFUSION:VTBI?": "100.80",
    ":INFUSION:BOLUS:RUNNING?": "FALSE",
    ":INFUSION:BOLUS:RATE?": "0.00",
    ":INFUSION:BOLUS:VINF?": "0.00",
    ":INFUSION:BOLUS:VTBI?": "0.00",
    ":PROTOCOL:RATE?": "0.60",
    ":PROTOCOL:RATE:UNIT?": "mL/hr",
    ":PROTOCOL:VTBI?": "100.80",
    ":PROTOCOL:TIME?": "604800",
    ":PROTOCOL:TIME:UNIT?": "hr",
    ":PROTOCOL:BOLUS:RATE?": "0.00",
    ":SERVICE:TIME?": "00004650",
    ":TOTAL:TIME?": "0000468C",
}


@pytest.mark.parametrize(("question", "answer"), READS.items(), ids=list(READS))
def test_a_pump_that_runs_for_five_hours_says(question: str, answer: str) -> None:
    assert running().ask(question) == answer


@pytest.mark.parametrize(
    ("form", "long_form"),
    [
        (":INFU:RUN?", ":INFUSION:RUNNING?"),
        (":infu:rate?", ":INFUSION:RATE?"),
        (":Infusion:Bol:Run?", ":INFUSION:BOLUS:RUNNING?"),
        (":prot:time:unit?", ":PROTOCOL:TIME:UNIT?"),
        (":SER?", ":SERIAL?"),
        (":serv:time?", ":SERVICE:TIME?"),
        ("*idn?", "*IDN?"),
    ],
)
def test_words_have_a_short_form_and_no_case(form: str, long_form: str) -> None:
    assert running().ask(form) == READS[long_form]


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("QH", "QHERROR"),  # no automatic bolus, no bolus on demand
        ("QI", "QIERROR"),
        ("R2", "R2ERROR"),  # this pump does not tell its limits
        ("RN1", "RNERROR"),
        ("WC150B1A0A0000", "WCERROR"),
        ("WNSN123456", "WNERROR"),
        ("W11234", "W1ERROR"),
        ("W02", "W0ERROR"),
        ("WR", "WRERROR"),
        ("WT03", "WTERROR"),
        ("WT", "WTERROR"),
        ("LB", "LBERROR"),
        ("LE00000001", "LEERROR"),
        ("LW00000040" + "0" * 128, "LWERROR"),
        ("LS00000000" + "0" * 128, "LSERROR"),
        ("LA" + "0" * 32, "LAERROR"),
        ("LR", "LRERROR"),
        ("LI534E3830303030386B6B8B660000013E", "LI5"),
        ("LC" + "0" * 32, "LC5"),
        ("KE", "KEERROR"),
        ("KE70", "KEERROR"),  # no bolus key
        ("KE63", "KEERROR"),
        ("KE610", "KEERROR"),
        ("RE1", "REERROR"),
        ("RE0000A900", "REERROR"),  # 43264, one more than there are
        ("RE0000000g", "REERROR"),
        (":INF:RATE?", "ERROR"),
        (":INFUSI:RATE?", "ERROR"),
        (":PROT:DB:LOCK?", "ERROR"),
        (":SCREENSHOT:READY?", "ERROR"),
        (":EVENT:5?", "ERROR"),
        (":KEY:LIST:CLEAR?", "ERROR"),
        ("", "ERROR"),
        ("X", "XERROR"),
        ("?!", "?!ERROR"),
    ],
)
def test_what_it_does_not_do_is_refused_and_changes_nothing(command: str, refusal: str) -> None:
    bench = running()
    assert bench.ask(command) == refusal
    assert bench.device.applied == []


def test_the_other_platform_says_so_in_its_own_sums() -> None:
    side = MivaDialect(Checksum.XOR).pump(RigPump(Rig()), WHO)
    assert side.receive(encode("RM", Checksum.SUM), 0.0) == b""
    assert side.receive(encode("RM", Checksum.XOR), 0.0) == encode("RM00", Checksum.XOR)


def test_requests_in_pieces_together_and_among_garbage() -> None:
    side = running().side
    assert b"".join(side.receive(bytes((each,)), 0.0) for each in encode("RN")) == encode("RNSN800008")
    answers = side.receive(b"\xff\x00" + encode("RN") + b"abc" + encode("Q5") + b"\x03", 0.0)
    assert answers == encode("RNSN800008") + encode("Q5012C")
    assert side.receive(b"\x02RN00\x03", 0.0) == b""


def test_a_flood_is_not_answered_and_does_not_stay() -> None:
    bench = Bench()
    for _ in range(50):
        assert bench.side.receive(b"\x02" * 1000 + b"A" * 1000, 0.0) == b""
    assert bench.side.receive(b"A" * LONGEST_FRAME_COUNT, 0.0) == b""
    assert bench.ask("RN") == "RNSN800008"


# ---------------------------------------------------------------- the log


def test_the_log_is_the_pumps_own() -> None:
    bench = running()
    rows = bench.device.log()
    assert bench.ask("RI") == f"RI00000001{rows[-1].number:08X}"
    (run,) = [row.number for row in rows if (row.what, row.code) == ("mode", "running")]
    assert bench.ask(f"RE{run:08X}") == f"RE{run:08X}" + "01" + "3C0000F0" + "0000" + "F" * 18
    assert bench.ask(f"RE{RING_COUNT - 1:08X}") == f"RE{RING_COUNT - 1:08X}" + "F" * 32


def test_an_occlusion_is_in_the_log_with_its_end() -> None:
    bench = running()
    bench.device.rig.read(p_down_mmhg=1500.0)
    bench.to(bench.device.t_s + 60.0)
    assert bench.mode == "halted"
    bench.device.rig.read(p_down_mmhg=0.0)
    bench.ask("KE40")
    kinds = [bench.ask(f"RE{row.number:08X}")[10:12] for row in bench.device.log()]
    subtypes = [bench.ask(f"RE{row.number:08X}")[20:24] for row in bench.device.log()]
    assert [sub for kind, sub in zip(kinds, subtypes, strict=True) if kind == "09"] == ["0002", "0004"]
    assert kinds.count("02") == 1


def test_the_time_of_the_infusion_leaves_pauses_out_and_begins_with_a_new_bag() -> None:
    bench = running()
    bench.device.rig.do(Stop())
    bench.to(60.0 + 6 * H)
    assert bench.ask("Q3") == "Q300004650"
    bench.device.rig.do(Start())
    bench.to(60.0 + 7 * H)
    assert bench.ask("Q3") == f"Q3{int(6 * H):08X}"
    bench.device.rig.do(Stop())
    bench.ask("KE40")
    assert bench.ask(":SERV:TIME?") == f"{int(6 * H):08X}"


def test_the_time_off_is_no_time_on() -> None:
    bench = Bench()
    bench.to(100.0)
    bench.device.rig.do(PowerOff())
    bench.to(1000.0)
    bench.device.rig.do(PowerOn())
    bench.to(1050.0)
    assert bench.ask("R9") == f"R9{150:08X}"
    bench.device.rig.do(PowerOff())
    assert bench.side.receive(encode("RN"), 0.0) == b""


# ---------------------------------------------------------------- keys


def test_a_short_press_is_down_and_up_at_once() -> None:
    bench = Bench()
    assert bench.ask("KE40") == "KE40"
    assert bench.keys == [(Key.OK, True), (Key.OK, False)]
    assert "Program" in bench.device.view().panel.lines[1]
    assert bench.side.next_deadline_s() == inf


@pytest.mark.parametrize(
    ("digits", "key"),
    [("10", "up"), ("20", "down"), ("30", "info"), ("50", "power"), ("60", "silence"), ("80", "stop")],
)
def test_every_key_has_its_digit(digits: str, key: str) -> None:
    bench = Bench()
    bench.ask("KE" + digits)
    assert bench.keys == [(Key(key), True), (Key(key), False)]


def test_run_is_held_until_the_pump_runs() -> None:
    bench = Bench()
    bench.device.rig.do(NewBag())
    assert bench.ask("KE62") == "KE62"
    assert bench.keys == [(Key.RUN, True)]
    assert bench.side.next_deadline_s() == pytest.approx(100.05)
    bench.to(0.5)
    bench.side.wake(100.05)
    assert bench.keys == [(Key.RUN, True)]
    bench.to(1.0)
    bench.side.on_change(100.06)
    assert bench.keys == [(Key.RUN, True), (Key.RUN, False)]
    assert bench.mode == "running"
    assert bench.side.next_deadline_s() == inf


def test_a_long_press_of_power_switches_off_and_then_nobody_answers() -> None:
    bench = Bench()
    bench.ask("KE51")
    bench.to(3.0)
    bench.side.wake(103.0)
    assert bench.mode == "off"
    assert bench.keys[-1] == (Key.POWER, False)
    assert bench.side.receive(encode("RN"), 104.0) == b""


def test_presses_wait_for_the_one_under_way_in_their_order() -> None:
    bench = Bench()
    bench.ask("KE62")
    bench.ask("KE10")
    bench.ask("KE20")
    assert bench.keys == [(Key.RUN, True)]
    bench.to(1.0)
    bench.side.wake(101.0)
    assert [key for key, down in bench.keys if down] == [Key.RUN, Key.UP, Key.DOWN]
    assert [key for key, down in bench.keys if not down] == [Key.RUN, Key.UP, Key.DOWN]


def test_too_many_presses_are_refused() -> None:
    bench = Bench()
    bench.ask("KE62")
    assert {bench.ask("KE10") for _ in range(PRESSES_COUNT)} == {"KE10"}
    assert bench.ask("KE10") == "KEERROR"


def test_stop_does_not_wait() -> None:
    bench = running()
    bench.ask("KE62")
    bench.ask("KE10")
    assert bench.ask("KE80") == "KE80"
    assert bench.keys == [(Key.RUN, True), (Key.RUN, False), (Key.STOP, True), (Key.STOP, False)]
    assert bench.mode == "stopped"


def test_without_timers_a_key_is_let_go_when_the_world_has_gone_on() -> None:
    bench = Bench(timers=False)
    bench.ask("KE62")
    assert bench.side.next_deadline_s() == inf
    bench.to(1.0)
    bench.side.on_change(500.0)
    assert bench.keys == [(Key.RUN, True), (Key.RUN, False)]


def test_power_failure_takes_the_finger_off() -> None:
    bench = Bench()
    bench.ask("KE62")
    bench.ask("KE10")
    assert bench.side.restart(101.0) == b""
    assert bench.keys == [(Key.RUN, True), (Key.RUN, False)]
    assert bench.side.next_deadline_s() == inf


def test_the_list_of_keys_is_of_every_hand() -> None:
    bench = Bench()
    bench.ask("KE40")
    for t_s, down in ((10.0, True), (11.5, False)):
        bench.to(t_s)
        bench.device.apply(PressKey(key=Key.RUN, down=down))
    bench.ask("KE60")
    assert bench.ask(":KEY:LIST?") == "406260"
    assert bench.ask(":KEY:LIST:CLEAR") == "TRUE"
    assert bench.ask(":KEY:LIST?") == ""


# ---------------------------------------------------------------- triggers, sensors


def test_triggers_run_and_stop_and_say_when_they_could_not() -> None:
    bench = Bench()
    bench.device.rig.do(NewBag())
    assert bench.ask("WT01") == "WT"
    assert bench.mode == "running"
    assert bench.ask("WT01") == "WTERROR"
    assert bench.ask("WT02") == "WT"
    assert bench.mode == "stopped"
    assert bench.ask("WT00") == "WT"
    assert bench.mode == "off"


def test_sensors_are_told_unasked_only_if_wanted_and_only_when_they_have_changed() -> None:
    bench = running()
    assert bench.side.on_change(0.0) == b""
    assert bench.ask("W01") == "W0"
    assert bench.side.on_change(0.0) == encode("S9600200140")
    assert bench.side.on_change(0.0) == b""
    bench.device.rig.read(p_down_mmhg=3.0)
    assert bench.side.on_change(0.0) == encode("S9600203140")
    assert bench.ask("W00") == "W0"
    bench.device.rig.read(p_down_mmhg=9.0)
    assert bench.side.on_change(0.0) == b""
    bench.ask("W01")
    bench.side.restart(0.0)
    assert bench.side.on_change(0.0) == b""


def test_pressures_and_battery_stay_within_their_digits() -> None:
    bench = Bench()
    bench.device.rig.read(p_down_mmhg=4000.0, p_up_mmhg=-4000.0, battery_present_frac=0.0)
    assert bench.ask("RD") == "RD000003FF"
    assert bench.ask("R7") == "R70000"


def test_a_name_that_no_frame_can_carry_is_written_as_far_as_possible() -> None:
    who = PumpIdentity(maker="Zyno, Inc.", model="µ" * 300, serial="nr. 7/ß", software="")
    side = MIVA.pump(RigPump(Rig()), who)
    (answer,) = framer().feed(side.receive(encode("*IDN?"), 0.0))
    assert answer == f"Zyno- Inc.,{'-' * 40},00000NR7,-"
