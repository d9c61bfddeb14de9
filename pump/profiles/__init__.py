"""Pump profiles: every figure of a pump as data, each with its source and how sure it is.

A profile file is TOML. It may say `like = "generic-ambulatory"` and give only what is different:

    schema = 1
    name = "my-pump"
    title = "Our own ambulatory pump"
    like = "generic-ambulatory"
    [figures]
    stroke_volume = { value = "25 uL", source = "service manual, page 12", certainty = "F" }

The keys are the fields of `Profile` without their unit. This is the only module of `pump` that
reads files. All that is wrong with a file is said at once, in one `ProfileError`.

Certainty marks: F read in the named source, S in a secondary compilation, D derived by
arithmetic, G general knowledge and unverified, X a choice of this project without a source.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, get_args

from pump.errors import Fault, ProfileError

SCHEMA: Final = 1
MAX_BYTES: Final = 1_000_000
Certainty = Literal["F", "S", "D", "G", "X"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a profile as written: `key` is the field's name without its unit."""

    key: str
    value: str
    source: str
    certainty: Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A pump's figures in the units of their names. `figures` says where each comes from.

    Temperatures in degrees Celsius, pressures relative to the air around the pump.
    """

    name: str
    title: str
    figures: tuple[Figure, ...]

    # Mechanism and priming
    stroke_volume_ul: float
    rate_min_ml_h: float
    rate_max_ml_h: float
    rate_step_ml_h: float
    rate_soft_min_ml_h: float
    rate_soft_max_ml_h: float
    volume_max_ml: float
    volume_step_ml: float
    volume_soft_max_ml: float
    kvo_max_ml_h: float
    delay_max_s: float
    prime_rate_ml_h: float
    prime_cap_ml: float
    prime_cap_high_volume_ml: float
    prime_timeout_s: float
    prime_debits_reservoir: bool
    rate_change: Literal["supplier", "nurse"]
    keyboard_lock: bool
    withdraws: bool

    # Occlusion
    occlusion_limit_mmhg: float
    occlusion_limit_min_mmhg: float
    occlusion_limit_max_mmhg: float
    pressure_hysteresis_mmhg: float
    anti_bolus: bool
    anti_bolus_volume_ml: float
    upstream_limit_mmhg: float
    upstream_debounce_s: float
    upstream_blind_frac: float

    # Air
    air_detector: bool
    air_limit_ul: float
    air_limit_min_ul: float
    air_limit_max_ul: float
    air_gap_ul: float
    air_again_ul: float
    air_15_min_ul: float
    air_1_h_ul: float
    air_24_h_ul: float

    # Flow sensor
    flow_sensor: bool
    flow_tolerance_frac: float
    flow_window_s: float

    # Reminders
    reservoir_low_volume_ml: float
    reservoir_low_time_s: float
    stopped_reminder_s: float
    not_started_reminder_s: float
    standby_s: float
    program_reminder_s: float
    program_clear_s: float
    cassette_grace_s: float
    key_stuck_s: float
    audio_pause_s: float
    alarms_escalate: bool

    # Power and surroundings
    battery_electronics_per_h: float
    battery_motor_per_ml: float
    battery_stopped_frac: float
    battery_low_s: float
    battery_depleted_s: float
    comes_on_with_supply: bool
    resumes_after_power_loss: bool
    temperature_max_c: float
    temperature_hysteresis_c: float


_ABOUT: Final = ("name", "title", "figures")
_UNITS: Final[dict[str, dict[str, Decimal]]] = {
    "_ul": {"nL": Decimal("0.001"), "uL": Decimal(1), "µL": Decimal(1), "mL": Decimal(1000)},
    "_ml_h": {"mL/h": Decimal(1), "uL/h": Decimal("0.001")},
    "_per_ml": {"1/mL": Decimal(1)},
    "_per_h": {"1/h": Decimal(1)},
    "_ml": {"uL": Decimal("0.001"), "µL": Decimal("0.001"), "mL": Decimal(1), "L": Decimal(1000)},
    "_s": {"s": Decimal(1), "min": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)},
    "_mmhg": {
        "mmHg": Decimal(1),
        "kPa": Decimal("7.50062"),
        "bar": Decimal("750.062"),
        "psi": Decimal("51.7149"),
    },
    "_frac": {"": Decimal(1), "%": Decimal("0.01")},
    "_c": {"C": Decimal(1), "°C": Decimal(1)},
}
"""By the end of a field's name: units a file may write, each with its factor. Longest endings first."""
_BELOW_ZERO: Final = ("upstream_limit_mmhg",)


def _ending(attribute: str) -> str:
    return next((ending for ending in _UNITS if attribute.endswith(ending)), "")


FIELDS: Final[dict[str, str]] = {
    field.name.removesuffix(_ending(field.name)): field.name
    for field in fields(Profile)
    if field.name not in _ABOUT
}
"""Every key a profile file may give, with the field of `Profile` it sets."""


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that come with the product, the generic one first."""
    names = sorted(file.stem for file in _folder().glob("*.toml"))
    return tuple(sorted(names, key=lambda name: not name.startswith("generic")))


def load_profile(name_or_path: str | Path) -> Profile:
    """Load a profile by its name or from a file of one's own.

    Raises:
        ProfileError: with everything that is wrong, each with its key and what to write instead.
    """
    path = _find(name_or_path)
    faults: list[Fault] = []
    about, figures = _read(path, faults, seen=())
    values: dict[str, Any] = {FIELDS[key]: _value(figure, faults) for key, figure in figures.items()}
    faults += [
        Fault(f"figures.{key}", "is missing", 'give it, or add like = "generic-ambulatory"')
        for key in FIELDS
        if key not in figures
    ]
    if not faults:
        values |= {**about, "figures": tuple(figures[key] for key in FIELDS)}
        profile = Profile(**values)
        faults += _contradictions(profile)
    if faults:
        raise ProfileError(str(path), tuple(faults))
    return profile


def _folder() -> Path:
    return Path(__file__).parent


def _find(name_or_path: str | Path) -> Path:
    if str(name_or_path) in profile_names():
        return _folder() / f"{name_or_path}.toml"
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return path
    known = ", ".join(profile_names())
    fault = Fault(
        "profile",
        f"there is no profile {str(name_or_path)!r}",
        f"take one of {known}, or give the path of a .toml file",
    )
    raise ProfileError(str(name_or_path), (fault,))


def _read(path: Path, faults: list[Fault], seen: tuple[str, ...]) -> tuple[dict[str, str], dict[str, Figure]]:
    """Return name and title, and the figures as written, those of `like` beneath."""
    data = _parse(path)
    figures: dict[str, Figure] = {}
    like = data.pop("like", None)
    if like is not None:
        if not isinstance(like, str) or like not in profile_names() or like in seen:
            known = ", ".join(profile_names())
            faults.append(Fault("like", f"{like!r} is no profile to start from", f"take one of {known}"))
        else:
            _, figures = _read(_find(like), faults, (*seen, like))
    if data.pop("schema", None) != SCHEMA:
        faults.append(Fault("schema", "is missing or not known to this version", f"write schema = {SCHEMA}"))
    about = {}
    for key in ("name", "title"):
        about[key] = data.pop(key, None)
        if not isinstance(about[key], str) or not about[key]:
            faults.append(Fault(key, "is missing or no text", f'write {key} = "..."'))
    own = data.pop("figures", {})
    faults += [Fault(key, "is not known here", _did_you_mean(key, _TOP_KEYS)) for key in data]
    if not isinstance(own, dict):
        faults.append(Fault("figures", "is no table", "write [figures] and one line for each figure"))
        own = {}
    for key, entry in own.items():
        figure = _figure(key, entry, faults)
        if figure is not None:
            figures[key] = figure
    return about, figures


def _parse(path: Path) -> dict[str, Any]:
    try:
        raw = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        fault = Fault("file", f"cannot be read ({error.strerror})", "give the path of a profile file")
        raise ProfileError(str(path), (fault,)) from error
    if raw is None:
        fault = Fault("file", "is larger than 1 MB", "give a profile file: a few kilobytes of TOML")
        raise ProfileError(str(path), (fault,))
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        fault = Fault("file", f"is no TOML ({error})", "correct the line, or start from a copy of a profile")
        raise ProfileError(str(path), (fault,)) from error


_TOP_KEYS: Final = ("schema", "name", "title", "like", "figures")
_FIGURE_KEYS: Final = ("value", "source", "certainty")


def _figure(key: str, entry: object, faults: list[Fault]) -> Figure | None:
    where = f"figures.{key}"
    if key not in FIELDS:
        faults.append(Fault(where, "is not known here", _did_you_mean(key, tuple(FIELDS))))
        return None
    if not isinstance(entry, dict):
        faults.append(Fault(where, "is no table", 'write { value = "...", source = "...", certainty = "F" }'))
        return None
    bad = [
        Fault(f"{where}.{name}", "is not known here", _did_you_mean(name, _FIGURE_KEYS))
        for name in entry
        if name not in _FIGURE_KEYS
    ]
    value, source, certainty = (entry.get(name) for name in _FIGURE_KEYS)
    if not isinstance(value, str):
        bad.append(Fault(f"{where}.value", "is missing or no text", _example(key)))
    if not isinstance(source, str) or not source:
        bad.append(
            Fault(f"{where}.source", "is missing", "say where the figure was read, or why it was chosen")
        )
    if certainty not in get_args(Certainty):
        bad.append(Fault(f"{where}.certainty", f"{certainty!r} is no mark", "write F, S, D, G or X"))
    faults += bad
    return None if bad else Figure(key, str(value), str(source), certainty)  # type: ignore[arg-type]


def _value(figure: Figure, faults: list[Fault]) -> float | bool | str:
    attribute = FIELDS[figure.key]
    ending = _ending(attribute)
    text = figure.value.strip()
    if not ending:
        choices = (
            {"supplier": "supplier", "nurse": "nurse"}
            if attribute == "rate_change"
            else {"yes": True, "no": False}
        )
        if text in choices:
            return choices[text]
        faults.append(
            Fault(
                f"figures.{figure.key}", f"{text!r} is not understood", f"write one of {', '.join(choices)}"
            )
        )
        return False
    units = _UNITS[ending]
    number_text, _, unit = text.partition(" ")
    if "" in units and not unit and number_text.endswith("%"):
        number_text, unit = number_text[:-1], "%"
    try:
        number = Decimal(number_text) * units[unit.strip()]
    except (InvalidOperation, KeyError):
        faults.append(Fault(f"figures.{figure.key}", f"{text!r} is not understood", _example(figure.key)))
        return 0.0
    if not number.is_finite() or (number > 0 if attribute in _BELOW_ZERO else number < 0):
        below = "below" if attribute in _BELOW_ZERO else "not below"
        faults.append(
            Fault(f"figures.{figure.key}", f"{text!r} is out of range", f"give a number {below} zero")
        )
        return 0.0
    return float(number)


def _contradictions(profile: Profile) -> list[Fault]:
    """Return what cannot be true together or would leave the pump without sense."""
    above_zero = (
        "stroke_volume_ul",
        "rate_min_ml_h",
        "rate_step_ml_h",
        "volume_step_ml",
        "prime_rate_ml_h",
        "prime_timeout_s",
        "air_limit_ul",
        "occlusion_limit_mmhg",
        "battery_electronics_per_h",
    )
    ordered = (
        ("rate_min_ml_h", "rate_soft_min_ml_h"),
        ("rate_soft_min_ml_h", "rate_soft_max_ml_h"),
        ("rate_soft_max_ml_h", "rate_max_ml_h"),
        ("volume_step_ml", "volume_soft_max_ml"),
        ("volume_soft_max_ml", "volume_max_ml"),
        ("prime_cap_ml", "prime_cap_high_volume_ml"),
        ("occlusion_limit_min_mmhg", "occlusion_limit_mmhg"),
        ("occlusion_limit_mmhg", "occlusion_limit_max_mmhg"),
        ("air_limit_min_ul", "air_limit_ul"),
        ("air_limit_ul", "air_limit_max_ul"),
        ("program_reminder_s", "program_clear_s"),
        ("battery_depleted_s", "battery_low_s"),
    )
    keys = {attribute: key for key, attribute in FIELDS.items()}
    faults = [
        Fault(f"figures.{keys[name]}", "is zero", "give a number above zero")
        for name in above_zero
        if getattr(profile, name) == 0
    ]
    return faults + [
        Fault(f"figures.{keys[low]}", f"is above {keys[high]}", f"give at most what {keys[high]} says")
        for low, high in ordered
        if getattr(profile, low) > getattr(profile, high)
    ]


def _did_you_mean(key: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(key, known, 1)
    return f"did you mean {close[0]}?" if close else f"take it out; known are {', '.join(known)}"


def _example(key: str) -> str:
    units = [unit for unit in _UNITS.get(_ending(FIELDS[key]), {}) if unit]
    return f"write a number, a blank and a unit, one of {', '.join(units)}" if units else "write yes or no"
