"""People's work: steps that are more than one action, or that take time. Delivery stops for them.

Parameters left out of a step have their defaults here and in `sim/world/steps.py`, the only places.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pump import commands as ask
from pump.commands import Key
from pump.events import CommandRefused, Event, ModeChanged
from pump.limits import hard_faults
from pump.lock import NURSE_CODE, SUPPLIER_CODE
from sim.plant import actions as do
from sim.world.params import StepRefusedError, flag, maybe_number, number, word
from sim.world.remote import command_of
from sim.world.setup import Step

if TYPE_CHECKING:
    from sim.world.environment import Moment
    from sim.world.world import World

Chain = Generator[Any, Any, None]

PATIENT: Final = "patient"
CAREGIVER: Final = "caregiver"
NURSE: Final = "nurse"
SUPPLIER: Final = "supplier"

CALLS_NURSE: Final = "calls the nurse"
GOES_TO_HOSPITAL: Final = "goes to hospital"
ASKS_PHYSICIAN: Final = "asks the physician"
"""Words by which people hear of each other."""

LONG_PRESS_S: Final = 1.2
"""How long a key is held if nothing is said: longer than the run key needs (GIP 2.3.2: above 1 s)."""

DISCONNECT_AFTER_S: Final = 30.0
"""From stopping the pump to a clamped, disconnected catheter."""


def _code(world: World, hand: str) -> str | None:
    """The code that a hand knows; patients and caregivers know none."""
    preset = {NURSE: NURSE_CODE, SUPPLIER: SUPPLIER_CODE}
    chosen = {access.value: code for access, code in world.setup.pump.codes}
    return chosen.get(hand, preset.get(hand))


def _unlocked(world: World, hand: str) -> None:
    """Open the keyboard as `hand` can: nurses and suppliers by their code, others not at all."""
    code = _code(world, hand)
    if code is not None:
        world.command(ask.Unlock(code=code), hand)


def _relocked(world: World, hand: str) -> None:
    """Lock again at the pump's own level, once that is in force."""
    if _code(world, hand) is not None and world.bench.truth.start_s is not None:
        world.command(ask.Lock(level=world.setup.pump.lock_level), hand)


def _refused(events: list[Event]) -> bool:
    return any(isinstance(event, CommandRefused) for event in events)


def _connect_unless_off(world: World) -> None:
    """Starting is done with the line on the catheter, unless somebody took it off on purpose."""
    if not world.bench.plant.downstream.connected and not world.disconnected_by_hand:
        world.apply(do.Connect(connected=True))


def _run_prime(world: World, volume_ml: float, hand: str, *, confirmed: bool) -> Chain:
    """Prime and wait at the pump until it has stopped priming."""
    done = world.env.event()

    def hear(event: Event) -> None:
        if isinstance(event, ModeChanged) and event.mode_from == "priming" and not done.triggered:
            done.succeed()

    world.listen(hear)
    events = world.command(ask.Prime(volume_ml=volume_ml, disconnected_confirmed=confirmed), hand)
    if not _refused(events):
        yield done
    world.unlisten(hear)


def _acknowledge_standing(world: World, hand: str) -> None:
    """Take notice of one alarm after the other: only one is signalled at a time."""
    for _ in world.bench.core.alarms.standing():
        if _refused(world.command(ask.Acknowledge(), hand)):
            return


def _take_off(world: World) -> None:
    world.apply(do.ClampCatheter(closed=True))
    world.apply(do.Connect(connected=False))


def _put_on(world: World) -> None:
    world.apply(do.Connect(connected=True))
    world.apply(do.ClampCatheter(closed=False))


def _until(world: World, t_s: float) -> Moment:
    return world.wait(max(0.0, t_s - world.now_s))


def _go_on(world: World, hand: str, *, restart: bool) -> Chain:
    """Acknowledge what stands and start again."""
    _acknowledge_standing(world, hand)
    if restart:
        _connect_unless_off(world)
        world.command(ask.Start(), hand)
    yield from ()


def start(world: World, step: Step, hand: str) -> Chain:
    """Connect the line, unless somebody took it off on purpose, and start."""
    _connect_unless_off(world)
    world.command(ask.Start(), hand)
    yield from ()


def prime(world: World, step: Step, hand: str) -> Chain:
    """Prime the set: a nurse unlocks with her code, primes and locks again."""
    _unlocked(world, hand)
    yield from _run_prime(
        world, number(step, "volume_ml"), hand, confirmed=flag(step, "confirmed", default=True)
    )
    _relocked(world, hand)


def program(world: World, step: Step, hand: str) -> Chain:
    """Key a programme and confirm it, with the code of the hand that keys."""
    with_code = flag(step, "with_code", default=True)
    if with_code:
        _unlocked(world, hand)
    keyed = world.command(
        ask.ProgramChange(
            rate_ml_h=maybe_number(step, "rate_ml_h"),
            vtbi_ml=maybe_number(step, "vtbi_ml"),
            duration_s=maybe_number(step, "duration_s"),
            reservoir_ml=maybe_number(step, "reservoir_ml"),
            kvo_ml_h=maybe_number(step, "kvo_ml_h"),
            delay_s=maybe_number(step, "delay_s"),
        ),
        hand,
    )
    if not _refused(keyed) and flag(step, "confirm", default=True):
        world.command(ask.ConfirmProgram(soft_override=flag(step, "override", default=False)), hand)
    if with_code:
        _relocked(world, hand)
    yield from ()


def clear_given(world: World, step: Step, hand: str) -> Chain:
    """Set the given counter to zero."""
    _unlocked(world, hand)
    world.command(ask.ClearGiven(), hand)
    _relocked(world, hand)
    yield from ()


def new_bag(world: World, step: Step, hand: str) -> Chain:
    """Press the nurse's key after a bag change: VTBI, given and reservoir are restored together."""
    _unlocked(world, hand)
    world.command(ask.NewBag(reservoir_ml=maybe_number(step, "volume_ml")), hand)
    _relocked(world, hand)
    yield from ()


def press(world: World, step: Step, hand: str) -> Chain:
    """Hold a key down for a while."""
    key = Key(word(step, "key", "ok"))
    world.command(ask.PressKey(key=key, down=True), hand)
    yield world.wait(number(step, "hold_s", LONG_PRESS_S))
    world.command(ask.PressKey(key=key, down=False), hand)


def key_edge(world: World, step: Step, hand: str, *, down: bool) -> Chain:
    """Press a key, or let it go."""
    world.command(ask.PressKey(key=Key(word(step, "key", "ok")), down=down), hand)
    yield from ()


def remote(world: World, step: Step, hand: str) -> Chain:
    """Ask the pump for something as a remote controller does, in the name of `hand`."""
    world.command(command_of(step, hand), hand)
    yield from ()


def double_clamp(world: World, step: Step, hand: str) -> Chain:
    """Clamp both sides of a cut line: the catheter, and the line up to the bag."""
    world.apply(do.ClampCatheter(closed=True))
    world.apply(do.Clamp(where="upstream", closed=True))
    world.apply(do.Clamp(where="downstream", closed=True))
    yield from ()


def disconnect(world: World, step: Step, hand: str) -> Chain:
    """Take the line off the catheter, on purpose or by accident; a start will not put it back."""
    world.disconnected_by_hand = True
    world.apply(do.Connect(connected=False))
    yield from ()


def reconnect(world: World, step: Step, hand: str) -> Chain:
    """Put the line back on the catheter."""
    world.disconnected_by_hand = False
    world.apply(do.Connect(connected=True))
    yield from ()


def tap(world: World, step: Step, hand: str) -> Chain:
    """Stop, tap, start again: delivery stops for it."""
    world.command(ask.Stop(), hand)
    yield world.wait(number(step, "takes_s", 60.0))
    world.apply(do.TapLine(works=flag(step, "works", default=True)))
    yield from _go_on(world, hand, restart=flag(step, "restart", default=True))


def reprime(world: World, step: Step, hand: str) -> Chain:
    """Stop at t; clamp the catheter and disconnect at t + 30 s; prime; at t + takes go on, by the nurse.

    `connected = true` is the error that sends the prime into the patient.
    """
    begun_s = world.now_s
    wrongly_connected = flag(step, "connected", default=False)
    world.command(ask.Stop(), hand)
    yield world.wait(DISCONNECT_AFTER_S)
    if not wrongly_connected:
        _take_off(world)
    _acknowledge_standing(world, hand)
    _unlocked(world, hand)
    yield from _run_prime(world, number(step, "volume_ml"), hand, confirmed=True)
    yield _until(world, begun_s + number(step, "takes_s", 300.0))
    if not wrongly_connected:
        _put_on(world)
    _relocked(world, hand)
    world.command(ask.Start(), hand)


def change_bag(world: World, step: Step, hand: str) -> Chain:
    """Hang a new bag; with a new set (the rule) that is primed off the patient; reset the counters; go on."""
    begun_s = world.now_s
    setup = world.setup
    bag, line = setup.plant.bag, setup.plant.line
    fresh_set = flag(step, "new_set", default=True)
    world.command(ask.Stop(), hand)
    yield world.wait(DISCONNECT_AFTER_S)
    if fresh_set:
        _take_off(world)
    _acknowledge_standing(world, hand)
    _unlocked(world, hand)
    fill_ml = number(step, "fill_ml", bag.fill_ml)
    world.apply(
        do.HangBag(
            fill_ml=fill_ml,
            holdup_ml=number(step, "holdup_ml", bag.holdup_ml),
            ug_per_ml=number(step, "ug_per_ml", bag.ug_per_ml),
            air_ml=number(step, "air_ml", bag.air_ml),
            vented=flag(step, "vented", default=bag.vented),
            temperature_c=number(step, "temperature_c", bag.temperature_c),
        )
    )
    if fresh_set:
        prime_ml = number(step, "prime_ml", line.prime_ml)
        world.apply(do.HangSet(prime_ml=line.prime_ml, supply_ml=line.supply_side_ml))
    # Counters first: a VTBI below what has been given is refused.
    if flag(step, "reset", default=True):
        world.command(ask.NewBag(reservoir_ml=maybe_number(step, "reservoir_ml") or fill_ml), hand)
    _reprogram(world, step, hand)
    if fresh_set and prime_ml > 0.0:
        yield from _run_prime(world, prime_ml, hand, confirmed=True)
    yield _until(world, begun_s + number(step, "takes_s", 600.0))
    if fresh_set:
        _put_on(world)
    _relocked(world, hand)
    world.command(ask.Start(), hand)


def _reprogram(world: World, step: Step, hand: str) -> None:
    """Key another rate or VTBI for the new bag. A rate is the supplier's to change."""
    rate_ml_h, vtbi_ml = maybe_number(step, "rate_ml_h"), maybe_number(step, "vtbi_ml")
    if rate_ml_h is None and vtbi_ml is None:
        return
    keying = hand if rate_ml_h is None else SUPPLIER
    if rate_ml_h is not None:
        world.order(rate_ml_h)
    _unlocked(world, keying)
    if not _refused(world.command(ask.ProgramChange(rate_ml_h=rate_ml_h, vtbi_ml=vtbi_ml), keying)):
        world.command(ask.ConfirmProgram(soft_override=True), keying)


def change_set(world: World, step: Step, hand: str) -> Chain:
    """A new set on the same bag, primed off the patient."""
    begun_s = world.now_s
    line = world.setup.plant.line
    prime_ml = number(step, "prime_ml", line.prime_ml)
    world.command(ask.Stop(), hand)
    yield world.wait(DISCONNECT_AFTER_S)
    _take_off(world)
    _acknowledge_standing(world, hand)
    _unlocked(world, hand)
    world.apply(do.HangSet(prime_ml=prime_ml, supply_ml=number(step, "supply_ml", 0.25 * prime_ml)))
    yield from _run_prime(world, number(step, "volume_ml", prime_ml), hand, confirmed=True)
    yield _until(world, begun_s + number(step, "takes_s", 600.0))
    _put_on(world)
    _relocked(world, hand)
    world.command(ask.Start(), hand)


def change_battery(world: World, step: Step, hand: str) -> Chain:
    """Stop, take the old battery out, put the new one in, go on."""
    was_running = world.bench.core.mode in {"running", "kvo"}
    if was_running:
        world.command(ask.Stop(), hand)
    world.apply(do.InsertBattery(present=False))
    yield world.wait(number(step, "takes_s", 120.0))
    world.apply(
        do.InsertBattery(
            present=flag(step, "present", default=True),
            level_frac=number(step, "level_frac", 1.0),
            reversed_poles=flag(step, "reversed", default=False),
            sound=flag(step, "sound", default=True),
        )
    )
    if was_running and flag(step, "restart", default=True) and world.bench.core.mode != "off":
        yield from _go_on(world, hand, restart=True)


def thrombolytic(world: World, step: Step, hand: str) -> Chain:
    """Instil and let it dwell; if it works the catheter is open afterwards."""
    world.person_acted(hand, "thrombolytic instilled")
    yield world.wait(number(step, "dwell_s", 1800.0))
    if flag(step, "works", default=True):
        world.apply(do.ClearOcclusion(where="downstream"))
    else:
        world.person_acted(hand, "thrombolytic did not open the catheter")


def call_nurse(world: World, step: Step, hand: str) -> Chain:
    """Call the nurse."""
    world.person_acted(hand, CALLS_NURSE)
    yield from ()


def go_to_hospital(world: World, step: Step, hand: str) -> Chain:
    """Go to hospital."""
    world.person_acted(hand, GOES_TO_HOSPITAL)
    yield from ()


def call_physician(world: World, step: Step, hand: str) -> Chain:
    """Ask the physician."""
    world.person_acted(hand, ASKS_PHYSICIAN)
    yield from ()


def note(world: World, step: Step, hand: str) -> Chain:
    """Put on record what somebody noticed or did that touches neither pump nor plant."""
    world.person_acted(hand, word(step, "what", ""), word(step, "detail", ""))
    yield from ()


def check_residual(world: World, step: Step, hand: str) -> Chain:
    """Compare what can still be drawn from the first bag with what should be: the check at each change."""
    setup, bench = world.setup, world.bench
    bag = setup.plant.bag
    left_ml = bench.plant.as_of(world.now_s).upstream.bag.available_ml
    given_ml = bench.core.counters(world.now_s).given_ml
    expected_ml = bag.fill_ml - bag.holdup_ml - setup.plant.line.prime_ml - given_ml
    expected_ml = number(step, "expected_ml", expected_ml)
    tolerance_ml = number(step, "tolerance_ml", 1.0)
    verdict = "as expected" if abs(left_ml - expected_ml) <= tolerance_ml else "not as expected"
    world.person_acted(
        hand, "checks the residual", f"{verdict}: left {left_ml:.1f} mL, expected {expected_ml:.1f} mL"
    )
    yield from ()


def unlock(world: World, step: Step, hand: str) -> Chain:
    """Enter a code: the hand's own, or the one given."""
    world.command(ask.Unlock(code=word(step, "code", _code(world, hand) or "")), hand)
    yield from ()


def swap_pump(world: World, step: Step, hand: str) -> Chain:
    """Hand over to another pump: stop, swap, start. It is keyed as the first was, but for what is given."""
    begun_s = world.now_s
    first = world.setup.pump.program
    program = replace(
        first,
        rate_ml_h=number(step, "rate_ml_h", first.rate_ml_h),
        vtbi_ml=number(step, "vtbi_ml", first.vtbi_ml),
        reservoir_ml=number(step, "reservoir_ml", first.reservoir_ml),
    )
    if faults := hard_faults(program, world.setup.pump.profile):
        raise StepRefusedError(f"the other pump cannot be keyed so: {'; '.join(faults)}")
    world.command(ask.Stop(), hand)
    world.swap_pump(program, number(step, "gain_frac", 1.0))
    yield _until(world, begun_s + number(step, "takes_s", 300.0))
    world.command(ask.Start(), hand)
