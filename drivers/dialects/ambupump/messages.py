"""What the payloads say: commands, states, rows and panels, written and read. Both sides use the same.

Reading raises `PayloadError` where a payload is not what its type demands.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Any, Final, Literal, cast

from drivers.dialects import Capability, PumpIdentity
from drivers.dialects.ambupump.payload import (
    NL_PER_ML,
    PPM,
    US_PER_S,
    PayloadError,
    Reader,
    UnsayableError,
    Writer,
    exact,
    nearest,
)
from drivers.dialects.ambupump.tables import (
    ACCESSES,
    ALARM_STATES,
    ALARMS,
    BATTERIES,
    CAPABILITY_BITS,
    KEYBOARDS,
    KEYS,
    LAMPS,
    LOCK_LEVELS,
    MAGIC,
    MODES,
    NO_FRACTION,
    NO_TIME,
    NO_VOLUME,
    PRIORITIES,
    REASONS,
    UNSAID,
    Names,
    Result,
    Type,
    lamp_number,
)
from pump.alarm_table import Priority
from pump.commands import (
    Access,
    Acknowledge,
    CancelProgram,
    ClearGiven,
    Command,
    ConfirmProgram,
    Key,
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
from pump.log import LogRow
from pump.panel import Icons, Panel, PanelSound
from pump.port import AlarmView, Outcome, PumpStatus
from pump.program import Program
from pump.signals import Light

LONGEST_CODE_COUNT: Final = 32
"""No code that can be typed is longer."""

# ---------------------------------------------------------------- commands

PLAIN: Final[dict[type[Command], Type]] = {
    PowerOn: Type.POWER_ON,
    PowerOff: Type.POWER_OFF,
    Start: Type.START,
    Stop: Type.STOP,
    Silence: Type.SILENCE,
    Acknowledge: Type.ACKNOWLEDGE,
    CancelProgram: Type.CANCEL_PROGRAM,
    ClearGiven: Type.CLEAR_GIVEN,
}
"""Commands that say nothing but whose hand it is."""

_PLAIN_BY_TYPE: Final = {kind: command for command, kind in PLAIN.items()}

PROGRAM_SCALES: Final = (
    ("rate_ml_h", NL_PER_ML),
    ("vtbi_ml", NL_PER_ML),
    ("duration_s", US_PER_S),
    ("reservoir_ml", NL_PER_ML),
    ("kvo_ml_h", NL_PER_ML),
    ("delay_s", US_PER_S),
)
"""What can be keyed, in the order of its bits and words, each with its scale."""


WITHDRAWS_KEYED: Final = 1 << len(PROGRAM_SCALES)
"""The bit behind those of the quantities: which way the mechanism turns."""


def write_command(command: Command) -> tuple[Type, bytes]:
    """Put a command into words: its type and its payload.

    Raises:
        UnsayableError: a quantity is finer or larger than the words can say.
        LookupError: no host can say this: a link's own news.
    """
    words = Writer().u8(ACCESSES.number(command.access.value))
    plain = PLAIN.get(type(command))
    if plain is not None:
        return plain, words.done()
    match command:
        case Prime():
            words.i64(exact(command.volume_ml, NL_PER_ML)).u8(command.disconnected_confirmed)
            return Type.PRIME, words.done()
        case PressKey():
            return Type.PRESS_KEY, words.u8(KEYS.number(command.key.value)).u8(command.down).done()
        case Unlock():
            if len(command.code.encode()) > LONGEST_CODE_COUNT:
                raise UnsayableError(f"a code is at most {LONGEST_CODE_COUNT} bytes long")
            return Type.UNLOCK, words.text(command.code).done()
        case Lock():
            return Type.LOCK, words.u8(LOCK_LEVELS.number(command.level.value)).done()
        case ProgramChange():
            return Type.PROGRAM_CHANGE, _write_change(words, command)
        case ConfirmProgram():
            return Type.CONFIRM_PROGRAM, words.u8(command.soft_override).done()
        case ResetReservoir():
            return Type.RESET_RESERVOIR, _write_reservoir(words, command.reservoir_ml)
        case NewBag():
            return Type.NEW_BAG, _write_reservoir(words, command.reservoir_ml)
        case _:
            raise LookupError(type(command).__name__)


def read_command(kind: Type, payload: bytes) -> Command:
    """Read the command of type `kind`."""
    reader = Reader(payload)
    access = Access(_known(ACCESSES, reader.u8()))
    command = _read_rest(kind, access, reader)
    reader.end()
    return command


def _read_rest(kind: Type, access: Access, reader: Reader) -> Command:
    plain = _PLAIN_BY_TYPE.get(kind)
    if plain is not None:
        return plain(access=access)  # type: ignore[call-arg]
    match kind:
        case Type.PRIME:
            volume_ml = reader.i64() / NL_PER_ML
            return Prime(volume_ml=volume_ml, disconnected_confirmed=reader.flag(), access=access)
        case Type.PRESS_KEY:
            return PressKey(key=Key(_known(KEYS, reader.u8())), down=reader.flag(), access=access)
        case Type.UNLOCK:
            code = reader.text()
            if len(code.encode()) > LONGEST_CODE_COUNT:
                raise PayloadError("a code that is too long")
            return Unlock(code=code, access=access)
        case Type.LOCK:
            return Lock(level=LockLevel(_known(LOCK_LEVELS, reader.u8())), access=access)
        case Type.PROGRAM_CHANGE:
            return _read_change(access, reader)
        case Type.CONFIRM_PROGRAM:
            return ConfirmProgram(soft_override=reader.flag(), access=access)
        case Type.RESET_RESERVOIR:
            return ResetReservoir(reservoir_ml=_read_reservoir(reader), access=access)
        case Type.NEW_BAG:
            return NewBag(reservoir_ml=_read_reservoir(reader), access=access)
        case _:
            raise PayloadError(f"{kind:#04x} is no command")


def _write_change(words: Writer, change: ProgramChange) -> bytes:
    values = [(getattr(change, name), scale) for name, scale in PROGRAM_SCALES]
    keyed = sum(1 << place for place, (value, _) in enumerate(values) if value is not None)
    words.u8(keyed | (0 if change.withdraws is None else WITHDRAWS_KEYED))
    for value, scale in values:
        words.i64(0 if value is None else exact(value, scale))
    return words.u8(change.withdraws or False).done()


def _read_change(access: Access, reader: Reader) -> ProgramChange:
    keyed = reader.u8()
    if keyed >= 2 * WITHDRAWS_KEYED:
        raise PayloadError(f"{keyed:#04x} keys something that is no part of a programme")
    words = [(name, reader.i64() / scale) for name, scale in PROGRAM_SCALES]
    values: dict[str, Any] = {name: value for place, (name, value) in enumerate(words) if keyed >> place & 1}
    withdraws = reader.flag()
    return ProgramChange(**values, withdraws=withdraws if keyed & WITHDRAWS_KEYED else None, access=access)


def _write_reservoir(words: Writer, reservoir_ml: float | None) -> bytes:
    return words.i64(NO_VOLUME if reservoir_ml is None else exact(reservoir_ml, NL_PER_ML)).done()


def _read_reservoir(reader: Reader) -> float | None:
    return _volume(reader.i64())


# ---------------------------------------------------------------- what came of a command

REPEATED: Final = 0x01
"""Flag of a reply: this was carried out before, and is told again."""


def write_outcome(outcome: Outcome, *, repeated: bool = False) -> bytes:
    """Put into words what came of a command."""
    result = Result.OK if outcome.accepted else Result.REFUSED
    words = Writer().u8(result).u8(REASONS.number(outcome.reason)).u8(REPEATED if repeated else 0)
    return words.u32(outcome.seq or 0).done()


def read_outcome(reader: Reader, result: Result) -> Outcome:
    """Read what came of a command, behind the result."""
    reason, _flags, seq = REASONS.name(reader.u8()), reader.u8(), reader.u32()
    return Outcome(accepted=result is Result.OK, reason=reason, seq=seq or None)


# ---------------------------------------------------------------- hello


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a pump says to a hello.

    `version_low_no` and `version_high_no` are what it speaks, `version_no` what it will speak now (0: none in
    common). `resumed` says that it knew the session already; `highest_number` is the highest command number
    it has met in it. `memory_count` outcomes of a session are remembered. `result` is OK where the session
    is open now.
    """

    result: Result
    version_low_no: int
    version_high_no: int
    version_no: int
    resumed: bool
    capabilities: frozenset[Capability]
    highest_number: int
    memory_count: int
    longest_body_count: int
    identity: PumpIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a host says first: the versions it speaks, and whether its session must be one that goes on."""

    version_low_no: int
    version_high_no: int
    goes_on: bool


def write_hello(hello: Hello) -> bytes:
    """Put the host's hello into words."""
    return Writer().raw(MAGIC).u8(hello.version_low_no).u8(hello.version_high_no).u8(hello.goes_on).done()


def read_hello(payload: bytes) -> Hello:
    """Read a host's hello. What follows is a later version's."""
    reader = Reader(payload)
    if reader.raw(len(MAGIC)) != MAGIC:
        raise PayloadError("no hello of this protocol")
    return Hello(version_low_no=reader.u8(), version_high_no=reader.u8(), goes_on=reader.flag())


def write_greeting(greeting: Greeting) -> bytes:
    """Put the pump's answer to a hello into words."""
    words = Writer().u8(greeting.result)
    words.u8(greeting.version_low_no).u8(greeting.version_high_no).u8(greeting.version_no)
    words.u8(greeting.resumed)
    words.u32(sum(1 << CAPABILITY_BITS[each] for each in greeting.capabilities))
    words.u32(greeting.highest_number).u16(greeting.memory_count).u16(greeting.longest_body_count)
    identity = greeting.identity
    return (
        words.text(identity.maker).text(identity.model).text(identity.serial).text(identity.software).done()
    )


def read_greeting(reader: Reader, result: Result) -> Greeting:
    """Read the pump's answer to a hello, behind the result. What follows is a later version's."""
    low_no, high_no, version_no, resumed = reader.u8(), reader.u8(), reader.u8(), reader.u8()
    bits = reader.u32()
    return Greeting(
        result=result,
        version_low_no=low_no,
        version_high_no=high_no,
        version_no=version_no,
        resumed=resumed != 0,
        capabilities=frozenset(each for each, bit in CAPABILITY_BITS.items() if bits >> bit & 1),
        highest_number=reader.u32(),
        memory_count=reader.u16(),
        longest_body_count=reader.u16(),
        identity=PumpIdentity(
            maker=reader.text(), model=reader.text(), serial=reader.text(), software=reader.text()
        ),
    )


# ---------------------------------------------------------------- status and programme

EXTERNAL_POWER: Final = 0x01
EXTERNAL_POWER_KNOWN: Final = 0x02


_STATUS: Final = Struct("<QBBBIqqqqB")
"""Time, mode, lock level, power, charge, flow, given, left to give, left in the reservoir, alarms."""

_ALARM: Final = Struct("<BBB")
"""Alarm, priority, state."""


def write_status(status: PumpStatus) -> bytes:
    """Put into words how a pump is."""
    power = 0 if status.external_power is None else EXTERNAL_POWER_KNOWN
    words = Writer().u8(Result.OK)
    words.words(
        _STATUS,
        NO_TIME if status.t_s is None else nearest(status.t_s, US_PER_S),
        MODES.number(status.mode),
        LOCK_LEVELS.number(status.lock_level),
        power | (EXTERNAL_POWER if status.external_power else 0),
        _ppm(status.battery_frac),
        nearest(status.rate_ml_h, NL_PER_ML),
        _nearest_volume(status.given_ml),
        _nearest_volume(status.vtbi_left_ml),
        _nearest_volume(status.reservoir_ml),
        len(status.alarms),
    )
    for alarm in status.alarms:
        words.words(
            _ALARM,
            ALARMS.number(alarm.code),
            PRIORITIES.number(alarm.priority),
            ALARM_STATES.number(alarm.state),
        )
    return words.done()


def read_status(reader: Reader) -> PumpStatus:
    """Read how a pump is, behind the result."""
    t_us, mode, lock_level, power, battery_ppm, rate_nl_h, given, left, reservoir, count = reader.words(
        _STATUS
    )
    alarms = tuple(_read_alarm(reader) for _ in range(count))
    reader.end()
    return PumpStatus(
        t_s=None if t_us == NO_TIME else t_us / US_PER_S,
        mode=MODES.name(mode),
        rate_ml_h=rate_nl_h / NL_PER_ML,
        given_ml=_volume(given),
        vtbi_left_ml=_volume(left),
        reservoir_ml=_volume(reservoir),
        lock_level=None if lock_level == UNSAID else LOCK_LEVELS.name(lock_level),
        battery_frac=_fraction(battery_ppm),
        external_power=bool(power & EXTERNAL_POWER) if power & EXTERNAL_POWER_KNOWN else None,
        alarms=alarms,
    )


def _read_alarm(reader: Reader) -> AlarmView:
    alarm, priority, state = reader.words(_ALARM)
    return AlarmView(
        code=ALARMS.name(alarm), priority=PRIORITIES.name(priority), state=ALARM_STATES.name(state)
    )


def write_program(program: Program) -> bytes:
    """Put a programme into words."""
    words = Writer().u8(Result.OK)
    words.i64(nearest(program.rate_ml_h, NL_PER_ML)).i64(nearest(program.vtbi_ml, NL_PER_ML))
    words.i64(nearest(program.reservoir_ml, NL_PER_ML)).i64(nearest(program.kvo_ml_h, NL_PER_ML))
    return words.i64(nearest(program.delay_s, US_PER_S)).u8(program.withdraws).done()


def read_program(reader: Reader) -> Program:
    """Read a programme, behind the result."""
    program = Program(
        rate_ml_h=reader.i64() / NL_PER_ML,
        vtbi_ml=reader.i64() / NL_PER_ML,
        reservoir_ml=reader.i64() / NL_PER_ML,
        kvo_ml_h=reader.i64() / NL_PER_ML,
        delay_s=reader.i64() / US_PER_S,
        withdraws=reader.flag(),
    )
    reader.end()
    return program


def _nearest_volume(volume_ml: float | None) -> int:
    return NO_VOLUME if volume_ml is None else nearest(volume_ml, NL_PER_ML)


def _volume(volume_nl: int) -> float | None:
    return None if volume_nl == NO_VOLUME else volume_nl / NL_PER_ML


def _ppm(fraction: float | None) -> int:
    return NO_FRACTION if fraction is None else nearest(fraction, PPM)


def _fraction(ppm: int) -> float | None:
    return None if ppm == NO_FRACTION else ppm / PPM


# ---------------------------------------------------------------- log


def write_row(row: LogRow) -> bytes:
    """Put a row of the log into words: in a page of the log, and as an event."""
    words = Writer().u32(row.number).u64(nearest(row.t_s, US_PER_S)).u32(row.mdc_code or 0)
    return words.text(row.what).text(row.code).text(row.detail).done()


def read_row(reader: Reader) -> LogRow:
    """Read a row of the log."""
    number, t_s, mdc_code = reader.u32(), reader.u64() / US_PER_S, reader.u32()
    return LogRow(number, t_s, reader.text(), reader.text(), mdc_code or None, reader.text())


def write_page(rows: tuple[LogRow, ...], most_count: int, room_count: int) -> bytes:
    """Put as many of `rows` into words as fit, at most `most_count`, behind the number of the newest."""
    words = Writer()
    count = 0
    for row in rows[:most_count]:
        said = write_row(row)
        room_count -= len(said)
        if room_count < 0:
            break
        words.raw(said)
        count += 1
    newest_number = rows[-1].number if rows else 0
    return Writer().u8(Result.OK).u32(newest_number).u8(count).raw(words.done()).done()


def read_page(reader: Reader) -> tuple[int, tuple[LogRow, ...]]:
    """Read a page of the log, behind the result: the number of the newest row of all, and the rows."""
    newest_number, count = reader.u32(), reader.u8()
    rows = tuple(read_row(reader) for _ in range(count))
    reader.end()
    return newest_number, rows


# ---------------------------------------------------------------- panel

ESCALATED, PAUSED = 0x01, 0x02
MAINS, LINK_LOST, AUDIO_PAUSED, SOFT_LIMIT = 0x01, 0x02, 0x04, 0x08

Keyboard = Literal["open", "locked", "backing off"]
Battery = Literal["charging", "full", "in use", "low", "depleted", "missing"]


def write_panel(panel: Panel) -> bytes:
    """Put into words what the front panel shows."""
    words = Writer().u8(Result.OK).u8(len(panel.lines))
    for line in panel.lines:
        words.text(line)
    words.u8(lamp_number(panel.status_light)).u8(lamp_number(panel.alarm_light))
    _write_sound(words, panel.sound)
    _write_icons(words, panel.icons)
    return words.done()


def read_panel(reader: Reader) -> Panel:
    """Read what the front panel shows, behind the result."""
    shown = Panel(
        lines=tuple(reader.text() for _ in range(reader.u8())),
        status_light=_lamp(reader.u8()),
        alarm_light=_lamp(reader.u8()),
        sound=_read_sound(reader),
        icons=_read_icons(reader),
    )
    reader.end()
    return shown


def _write_sound(words: Writer, sound: PanelSound | None) -> None:
    if sound is None:
        words.u8(0).u8(0).u8(0).u64(0)
        return
    until_s = sound.paused_until_s
    flags = (ESCALATED if sound.escalated else 0) | (0 if until_s is None else PAUSED)
    words.u8(ALARMS.number(sound.code)).u8(PRIORITIES.number(sound.priority.value)).u8(flags)
    words.u64(0 if until_s is None else nearest(until_s, US_PER_S))


def _read_sound(reader: Reader) -> PanelSound | None:
    alarm, priority, flags, until_us = reader.u8(), reader.u8(), reader.u8(), reader.u64()
    if not alarm:
        return None
    return PanelSound(
        code=ALARMS.name(alarm),
        priority=Priority(_known(PRIORITIES, priority)),
        escalated=bool(flags & ESCALATED),
        paused_until_s=until_us / US_PER_S if flags & PAUSED else None,
    )


def _write_icons(words: Writer, icons: Icons | None) -> None:
    words.u8(icons is not None)
    if icons is None:
        return
    words.u8(LOCK_LEVELS.number(icons.lock_level)).u8(KEYBOARDS.number(icons.keyboard))
    words.u8(BATTERIES.number(icons.battery)).u32(_ppm(icons.battery_frac))
    words.u8(
        (MAINS if icons.mains else 0)
        | (LINK_LOST if icons.link_lost else 0)
        | (AUDIO_PAUSED if icons.audio_paused else 0)
        | (SOFT_LIMIT if icons.soft_limit else 0)
    ).u8(icons.waiting_count)


def _read_icons(reader: Reader) -> Icons | None:
    if not reader.flag():
        return None
    lock_level = LOCK_LEVELS.name(reader.u8())
    keyboard, battery = _known(KEYBOARDS, reader.u8()), _known(BATTERIES, reader.u8())
    battery_frac, flags = _fraction(reader.u32()), reader.u8()
    return Icons(
        lock_level=lock_level,
        keyboard=cast("Keyboard", keyboard),
        battery=cast("Battery", battery),
        battery_frac=battery_frac,
        mains=bool(flags & MAINS),
        link_lost=bool(flags & LINK_LOST),
        audio_paused=bool(flags & AUDIO_PAUSED),
        soft_limit=bool(flags & SOFT_LIMIT),
        waiting_count=reader.u8(),
    )


def _lamp(number: int) -> Light | None:
    if number not in LAMPS:
        raise PayloadError(f"{number} is no lamp")
    return LAMPS[number]


def _known(names: Names, number: int) -> str:
    """Give the name for a number that must stand for something."""
    name = names.known(number)
    if name is None:
        raise PayloadError(f"{number} stands for nothing")
    return name
