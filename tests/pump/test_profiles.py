"""Profiles: the four that come along, one's own, and everything that can be wrong with a file."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from pump.core import PumpCore
from pump.errors import ProfileError, ProgramError
from pump.events import Journal
from pump.profiles import FIELDS, load_profile, profile_names
from pump.program import Program
from pump.seam import Readings
from pump.settings import PumpSettings
from tests.pump.rig import SEVEN_DAYS, settings_of

OWN = """
schema = 1
name = "my-pump"
title = "Our own pump"
like = "generic-ambulatory"
[figures]
stroke_volume = { value = "25 uL", source = "service manual, page 12", certainty = "F" }
occlusion_limit = { value = "0.7 bar", source = "service manual, page 30", certainty = "F" }
upstream_blind = { value = "6%", source = "leaflet", certainty = "S" }
anti_bolus = { value = "no", source = "tried", certainty = "F" }
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    return file


def faults_of(tmp_path: Path, text: str) -> str:
    with pytest.raises(ProfileError) as caught:
        load_profile(written(tmp_path, text))
    assert str(caught.value).count("own.toml: ") == len(caught.value.faults)
    return str(caught.value)


def test_five_profiles_come_along_the_generic_one_first() -> None:
    assert profile_names() == (
        "generic-ambulatory",
        "cassette-peristaltic",
        "curvilinear-peristaltic",
        "lab-syringe",
        "volumetric-bodyworn",
    )


@pytest.mark.parametrize("name", profile_names())
def test_every_figure_says_where_it_comes_from(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert [figure.key for figure in profile.figures] == list(FIELDS)
    assert all(figure.source and figure.certainty in "FSDGX" for figure in profile.figures)


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_makes_a_pump_that_can_be_sent_to_a_worker(name: str) -> None:
    settings = settings_of(name)
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own bytes
    PumpCore(settings, Journal(), Readings())


def test_the_generic_pump_is_the_one_of_the_definitions() -> None:
    generic = load_profile("generic-ambulatory")
    assert generic.stroke_volume_ul == 50.0
    assert (generic.rate_step_ml_h, generic.volume_step_ml) == (0.1, 0.1)
    assert (generic.occlusion_limit_mmhg, generic.upstream_limit_mmhg) == (525.0, -100.0)
    assert (generic.air_limit_ul, generic.air_gap_ul, generic.air_again_ul) == (200.0, 50.0, 10.0)
    assert (generic.prime_rate_ml_h, generic.prime_cap_ml, generic.prime_cap_high_volume_ml) == (
        600.0,
        10.0,
        20.0,
    )
    assert (generic.reservoir_low_volume_ml, generic.reservoir_low_time_s) == (5.0, 28_800.0)
    assert (generic.upstream_blind_frac, generic.anti_bolus_volume_ml) == (0.0, 0.2)
    assert not generic.resumes_after_power_loss
    assert load_profile("cassette-peristaltic").upstream_blind_frac == 0.06


def test_an_own_file_gives_only_what_is_different(tmp_path: Path) -> None:
    own, generic = load_profile(written(tmp_path, OWN)), load_profile("generic-ambulatory")
    assert own.stroke_volume_ul == 25.0
    assert own.occlusion_limit_mmhg == pytest.approx(525.0, abs=0.1)
    assert own.upstream_blind_frac == 0.06
    assert not own.anti_bolus
    assert own.air_limit_ul == generic.air_limit_ul
    sources = {figure.key: figure.source for figure in own.figures}
    assert sources["stroke_volume"] == "service manual, page 12"


def test_everything_that_is_wrong_is_said_at_once_with_a_remedy(tmp_path: Path) -> None:
    text = faults_of(
        tmp_path,
        """
        schema = 2
        nme = "x"
        title = ""
        like = "generic-ambulatry"
        [figures]
        stroke_volum = { value = "50 uL", source = "s", certainty = "F" }
        rate_max = { value = "125", source = "s", certainty = "F" }
        rate_min = { value = "0,1 mL/h", source = "s", certainty = "F" }
        air_gap = { value = "50 uL", certainty = "Q" }
        anti_bolus = { value = "maybe", source = "s", certainty = "X" }
        door = "open"
        """,
    )
    for part in (
        "schema: is missing or not known",
        "nme: is not known here; did you mean name?",
        "title: is missing",
        "like: 'generic-ambulatry' is no profile",
        "figures.stroke_volum: is not known here; did you mean stroke_volume?",
        "figures.rate_max: '125' is not understood; write a number, a blank and a unit, one of mL/h",
        "figures.rate_min: '0,1 mL/h' is not understood",
        "figures.air_gap.source: is missing",
        "figures.air_gap.certainty: 'Q' is no mark",
        "figures.anti_bolus: 'maybe' is not understood; write one of yes, no",
        "figures.door: is not known here",
        "figures.occlusion_limit: is missing",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("figure", "problem"),
    [
        ('stroke_volume = { value = "0 uL", source = "s", certainty = "F" }', "is zero"),
        ('stroke_volume = { value = "-5 uL", source = "s", certainty = "F" }', "is out of range"),
        ('stroke_volume = { value = "nan uL", source = "s", certainty = "F" }', "is out of range"),
        (
            'upstream_limit = { value = "100 mmHg", source = "s", certainty = "F" }',
            "give a number below zero",
        ),
        ('rate_min = { value = "500 mL/h", source = "s", certainty = "F" }', "is above rate_soft_min"),
        ('air_limit = { value = "5 mL", source = "s", certainty = "F" }', "is above air_limit_max"),
        ('stroke_volume = { value = "50 ML", source = "s", certainty = "F" }', "is not understood"),
        ('stroke_volume = { value = 50, source = "s", certainty = "F" }', "is missing or no text"),
        (
            'stroke_volume = { value = "50 uL", source = "s", certainty = "F", why = "x" }',
            "is not known here",
        ),
    ],
)
def test_figures_that_make_no_pump(tmp_path: Path, figure: str, problem: str) -> None:
    head = 'schema = 1\nname = "x"\ntitle = "x"\nlike = "generic-ambulatory"\n[figures]\n'
    assert problem in faults_of(tmp_path, head + figure)


@pytest.mark.parametrize("text", ["schema = ", "a = 1\na = 2", "[[[["])
def test_what_is_no_toml_is_said_so(tmp_path: Path, text: str) -> None:
    assert "is no TOML" in faults_of(tmp_path, text)


def test_what_is_no_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(tmp_path / "nowhere.toml")
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(folder)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(bytes(range(256)))
    with pytest.raises(ProfileError, match="is no TOML"):
        load_profile(binary)
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * 1_000_001)
    with pytest.raises(ProfileError, match="larger than 1 MB"):
        load_profile(huge)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ProfileError, match="take one of generic-ambulatory, cassette"):
        load_profile("generic")


def test_settings_that_contradict_the_profile_are_all_told() -> None:
    settings = settings_of(
        program=Program(rate_ml_h=0.65, vtbi_ml=100.8, reservoir_ml=110.0),
        occlusion_limit_mmhg=2000.0,
        upstream_limit_mmhg=5.0,
        air_limit_ul=20.0,
    )
    with pytest.raises(ProgramError) as caught:
        PumpCore(settings, Journal(), Readings())
    for part in ("rate 0.65", "occlusion limit 2000", "upstream limit 5", "air limit 20"):
        assert part in str(caught.value)


def test_what_settings_leave_open_is_the_profiles_to_say() -> None:
    settings = PumpSettings(profile=load_profile("volumetric-bodyworn"), program=SEVEN_DAYS)
    assert settings.faults() == ()
    assert (settings.downstream_mmhg, settings.upstream_mmhg) == (525.0, -100.0)
    assert settings.air_limits.single_ul == 300.0
    assert settings.reverses
    assert settings.detects_air
