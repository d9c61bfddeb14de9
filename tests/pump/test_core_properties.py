"""Any hand, any sensor, any time: what must never be false, and a twin that is restored all the time."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pump.commands import (
    Access,
    Acknowledge,
    CancelProgram,
    ClearGiven,
    Command,
    ConfirmProgram,
    Key,
    LinkLost,
    LinkRestored,
    Lock,
    LockLevel,
    NewBag,
    PowerOff,
    PowerOn,
    PressKey,
    Prime,
    ProgramChange,
    ResetReservoir,
    Silence,
    Start,
    Stop,
    Unlock,
)
from pump.core import PumpCore
from pump.delivery import DELIVERING, Mode
from pump.events import Journal
from pump.profiles import load_profile, profile_names
from pump.program import Program
from tests.pump.rig import NURSE_CODE, SUPPLIER_CODE, Rig, settings_of

ACCESS = st.sampled_from(list(Access))
RATES_ML_H = st.sampled_from([0.1, 0.6, 0.65, 1.8, 10.0, 90.0, 500.0, float("nan")])
VOLUMES_ML = st.sampled_from([0.1, 0.13, 2.0, 10.0, 100.8, 240.0, 99999.0, float("inf")])


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.sampled_from(
        [PowerOn(), PowerOff(), Silence(), Acknowledge(), LinkLost(), LinkRestored(), CancelProgram()]
    ),
    st.builds(Start, access=ACCESS),
    st.builds(Start, access=ACCESS),
    st.builds(Stop, access=ACCESS),
    st.builds(Prime, volume_ml=VOLUMES_ML, disconnected_confirmed=st.booleans(), access=ACCESS),
    st.builds(PressKey, key=st.sampled_from(list(Key)), down=st.booleans(), access=ACCESS),
    st.builds(
        Unlock, code=st.sampled_from([NURSE_CODE, SUPPLIER_CODE, SUPPLIER_CODE, "0000"]), access=ACCESS
    ),
    st.builds(Lock, level=st.sampled_from(list(LockLevel)), access=ACCESS),
    st.builds(
        ProgramChange,
        rate_ml_h=maybe(RATES_ML_H),
        vtbi_ml=maybe(VOLUMES_ML),
        duration_s=maybe(st.sampled_from([0.0, 3600.0, 86_400.0, 604_800.0])),
        reservoir_ml=maybe(VOLUMES_ML),
        kvo_ml_h=maybe(st.sampled_from([0.0, 0.1, 3.0])),
        delay_s=maybe(st.sampled_from([0.0, 60.0, 7200.0])),
        withdraws=maybe(st.booleans()),
        access=st.just(Access.SUPPLIER),
    ),
    st.builds(ConfirmProgram, soft_override=st.booleans(), access=st.just(Access.SUPPLIER)),
    st.builds(ResetReservoir, reservoir_ml=maybe(VOLUMES_ML), access=ACCESS),
    st.builds(ClearGiven, access=ACCESS),
    st.builds(NewBag, reservoir_ml=maybe(VOLUMES_ML), access=ACCESS),
)

READINGS = st.one_of(
    st.fixed_dictionaries({"p_down_mmhg": st.sampled_from([0.0, 499.0, 510.0, 526.0, 900.0])}),
    st.fixed_dictionaries({"p_up_mmhg": st.sampled_from([0.0, -70.0, -90.0, -101.0, -200.0])}),
    st.fixed_dictionaries({"air_frac": st.sampled_from([0.0, 0.3, 1.0])}),
    st.fixed_dictionaries({"cassette_frac": st.sampled_from([0.0, 1.0])}),
    st.fixed_dictionaries({"door_frac": st.sampled_from([0.0, 1.0])}),
    st.fixed_dictionaries({"temperature_c": st.sampled_from([22.0, 54.0, 60.0])}),
    st.fixed_dictionaries({"flow_ml_h": st.sampled_from([0.0, 0.6, 5.0])}),
    st.fixed_dictionaries(
        {"faults": st.sampled_from([frozenset(), {"ram"}, {"motor_stall"}, {"key"}]).map(frozenset)}
    ),
    st.sampled_from(
        [
            {"mains_frac": 1.0, "supply_frac": 1.0},
            {"mains_frac": 0.0, "battery_frac": 0.9, "supply_frac": 1.0},
            {"mains_frac": 0.0, "battery_frac": 0.02, "supply_frac": 1.0},
            {"mains_frac": 0.0, "battery_frac": 0.001, "supply_frac": 1.0},
            {"mains_frac": 0.0, "supply_frac": 0.0},
        ]
    ),
)


class PumpMachine(RuleBasedStateMachine):
    """One pump left alone and its twin, restored from a snapshot wherever Hypothesis likes."""

    @initialize(
        profile=st.sampled_from(profile_names()),
        kvo_ml_h=st.sampled_from([0.0, 0.1]),
        delay_s=st.sampled_from([0.0, 600.0]),
        level=st.sampled_from(list(LockLevel)),
    )
    def set_up(self, profile: str, kvo_ml_h: float, delay_s: float, level: LockLevel) -> None:
        figures = load_profile(profile)
        program = Program(
            rate_ml_h=0.6,
            vtbi_ml=100.8,
            reservoir_ml=104.0,
            kvo_ml_h=min(kvo_ml_h, figures.kvo_max_ml_h),
            delay_s=min(delay_s, figures.delay_max_s),
        )
        settings = settings_of(profile, program, lock_level=level)
        self.rig, self.twin = Rig(settings), Rig(settings)
        self.given_ml = 0.0

    @rule(command=COMMANDS)
    def command(self, command: Command) -> None:
        before = self.rig.given_ml
        self.rig.do(command)
        self.twin.do(command)
        self.given_ml = min(before, self.rig.given_ml)

    @rule(wait_s=st.sampled_from([0.0, 0.4, 7.0, 61.3, 180.0, 3600.0, 50_000.0, 400_000.0]))
    def wait(self, wait_s: float) -> None:
        t_s = self.rig.t_s + wait_s
        self.rig.to(t_s)
        self.twin.to(t_s)

    @rule()
    def wait_for_the_next_deadline(self) -> None:
        due_s = self.rig.core.next_deadline_s()
        if due_s < float("inf"):
            self.rig.to(due_s)
            self.twin.to(due_s)

    @rule(readings=READINGS)
    def read(self, readings: dict[str, Any]) -> None:
        self.rig.read(**readings)
        self.twin.read(**readings)

    @rule(volume_ml=st.sampled_from([0.001, 0.2123]))
    def turn_back(self, volume_ml: float) -> None:
        if self.rig.drives and self.rig.drives[-1].reverse_to_ml is not None:
            for rig in (self.rig, self.twin):
                rig.core.turned_back(rig.t_s, volume_ml)
            self.given_ml = self.rig.given_ml

    @rule()
    def restore_the_twin(self) -> None:
        journal = Journal(self.twin.journal.next_seq)
        kept = self.twin.journal.events
        snapshot = json.loads(json.dumps(self.twin.core.snapshot()))
        self.twin.core = PumpCore.restore(self.twin.settings, snapshot, journal)
        self.twin.journal = journal
        journal.events.extend(kept)
        self.twin.core._logged_count = len(kept)

    @invariant()
    def never_faster_than_the_programme_outside_priming(self) -> None:
        core = self.rig.core
        if core.mode is not Mode.PRIMING:
            assert core.drive.rate_ml_h <= core.program.rate_ml_h

    @invariant()
    def flows_in_the_delivering_modes_and_in_no_other(self) -> None:
        core = self.rig.core
        assert (core.drive.rate_ml_h > 0.0) == (core.mode in DELIVERING)
        assert core.drive.priming == (core.mode is Mode.PRIMING)
        assert core.drive.powered == (core.mode is not Mode.OFF)

    @invariant()
    def no_flow_under_a_stopping_alarm(self) -> None:
        core = self.rig.core
        if core.alarms.halts():
            assert core.drive.rate_ml_h == 0.0
        assert (core.mode is Mode.HALTED) <= core.alarms.halts()

    @invariant()
    def given_only_grows_but_for_hands_and_what_turned_back(self) -> None:
        assert self.rig.given_ml >= self.given_ml
        self.given_ml = self.rig.given_ml

    @invariant()
    def counters_do_not_go_below_nothing(self) -> None:
        now = self.rig.core.counters(self.rig.t_s)
        assert now.vtbi_left_ml >= 0.0
        assert now.reservoir_ml >= 0.0

    @invariant()
    def nothing_is_overdue(self) -> None:
        assert self.rig.core.next_deadline_s() >= self.rig.t_s

    @invariant()
    def the_twin_has_had_the_same_life(self) -> None:
        assert self.twin.journal.events == self.rig.journal.events
        assert self.twin.drives == self.rig.drives
        assert self.twin.core.snapshot() == self.rig.core.snapshot()
        assert self.twin.core.watches() == self.rig.core.watches()
        assert self.twin.core.next_deadline_s() == self.rig.core.next_deadline_s()

    @invariant()
    def the_log_has_the_alarms_of_the_journal(self) -> None:
        begun = [row.code for row in self.rig.core.log.rows() if row.what == "alarm_begin"]
        raised = [code for _, code in self.rig.raised()]
        assert begun == raised[len(raised) - len(begun) :]


TestPump = PumpMachine.TestCase
TestPump.settings = hypothesis_settings(max_examples=40, stateful_step_count=40, deadline=None)
