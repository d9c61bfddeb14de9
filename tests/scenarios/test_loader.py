"""Loading: what a good file becomes, and that every kind of bad file says everything at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pump.commands import Access, LockLevel
from scenarios.loader import Scenario, ScenarioError, load, loads
from sim.plant.config import FilterConfig, SetConfig
from sim.world.setup import Order, Step

HEAD = 'schema = 1\nid = "mine"\ntitle = "Mine"\n'
ORDER = '[order]\nrate = "0.6 mL/h"\nduration = "7 d"\ndose = "196 ug"\n'
PLAIN = HEAD + ORDER


def faults_of(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loads(text, file="mine.toml")
    return str(caught.value).split("\n")


def test_what_is_left_out_takes_the_defaults() -> None:
    setup = loads(PLAIN).setup
    assert setup.order == Order(rate_ml_h=0.6, duration_s=604800.0, dose_ug=196.0)
    assert (setup.pump.program.rate_ml_h, setup.pump.program.vtbi_ml) == (0.6, 100.8)
    assert setup.pump.program.reservoir_ml == setup.plant.bag.fill_ml == 110.0
    assert setup.plant.bag.ug_per_ml == 196.0 / 100.8
    assert setup.plant.line == SetConfig()
    assert setup.pump.lock_level is LockLevel.LL2
    assert setup.pump.profile.name == "generic-ambulatory"
    assert (setup.seed, setup.steps, setup.until_s, setup.clock_start_s) == (0, (), None, 28800.0)


def test_every_table_goes_where_it_belongs() -> None:
    setup = loads(
        HEAD
        + 'seed = 3\nuntil = "8 d"\n'
        + '[order]\nrate = "10 mL/h"\nduration = "24 h"\ndose = "28 mcg"\ndose_in = "0.28 L"\n'
        + '[pump]\nrate = "9 mL/h"\nvtbi = "230 mL"\nreservoir = "250 mL"\nkvo = "0.1 mL/h"\ndelay = "1 h"\n'
        + 'lock = "LL1"\nair_limit = "0.3 mL"\nocclusion_limit = "10 psi"\nanti_bolus = false\ngain = 1.06\n'
        + 'back_pressure = "0.03 %/mmHg"\ntemperature_effect = "0.1 %/C"\ncodes = { nurse = "1234" }\n'
        + '[bag]\nfill = "270 mL"\nholdup = "5 mL"\nair = "10 mL"\nvented = true\ntemperature = "4 C"\n'
        + '[set]\nprime = "4 mL"\nsupply = "2 mL"\ncompliance = "1.5 uL/mmHg"\nfilled = "saline"\n'
        + '[filter]\nvolume = "0.5 mL"\nresistance = "0.1 mmHg h/mL"\nvented = false\n'
        + '[catheter]\nvolume = "1.2 mL"\nresistance = "0.5 mmHg h/mL"\nvein = "8 mmHg"\n'
        + '[battery]\nlevel = "20 %"\npresent = true\nmains = false\n'
        + '[site]\nsite_above = "-20 cm"\nbag_above = "40 cm"\n'
        + '[clock]\nstart = "21:30"\n'
        + '[[step]]\nat = "10 min"\ndo = "start"\nby = "nurse"\n'
    ).setup
    assert setup.order.ug_per_ml == 0.1
    assert (setup.seed, setup.until_s, setup.clock_start_s) == (3, 691200.0, 77400.0)
    program, plant = setup.pump.program, setup.plant
    assert (program.rate_ml_h, program.vtbi_ml, program.reservoir_ml) == (9.0, 230.0, 250.0)
    assert (program.kvo_ml_h, program.delay_s) == (0.1, 3600.0)
    assert setup.pump.codes == ((Access.NURSE, "1234"),)
    assert (setup.pump.air_limit_ul, setup.pump.occlusion_limit_mmhg) == (300.0, 517.149)
    assert (setup.pump.lock_level, setup.pump.anti_bolus) == (LockLevel.LL1, False)
    assert (plant.mechanism.gain_frac, plant.mechanism.back_pressure_per_mmhg) == (1.06, 0.0003)
    assert plant.mechanism.temperature_per_c == 0.001
    assert (plant.bag.fill_ml, plant.bag.air_ml, plant.bag.vented, plant.bag.temperature_c) == (
        270.0,
        10.0,
        True,
        4.0,
    )
    assert plant.line == SetConfig(prime_ml=4.0, supply_ml=2.0, c_down_ml_mmhg=0.0015, filled_with="saline")
    assert plant.filter == FilterConfig(volume_ml=0.5, resistance_mmhg_h_ml=0.1, vented=False)
    assert (plant.catheter.volume_ml, plant.catheter.p_vein_mmhg) == (1.2, 8.0)
    assert (plant.battery.level_frac, plant.mains) == (0.2, False)
    assert (plant.site_above_cm, plant.bag_above_cm) == (-20.0, 40.0)
    assert setup.steps == (Step(at_s=600.0, verb="start", by="nurse"),)


def test_28_hung_for_9_changes_the_bag_and_not_the_order() -> None:
    setup = loads(PLAIN.replace("196 ug", "63 ug") + '[bag]\nconcentration = "1.944 ug/mL"\n').setup
    assert setup.order.dose_ug == 63.0
    assert setup.plant.bag.ug_per_ml == 1.944


def test_a_response_brings_its_procedure_and_what_is_changed_of_it() -> None:
    setup = loads(
        PLAIN + '[response]\nprocedure = "home-may-tap"\ntap_works = "90 %"\ncall = "3 min"\n'
    ).setup
    assert setup.response is not None
    assert setup.response.procedure == "home-may-tap"
    assert setup.response.overrides == (("call_s", 180.0), ("tap_works_frac", 0.9))
    assert setup.procedures["home-may-tap"].id == "home-may-tap"


def test_the_battery_runs_down_as_the_profile_says() -> None:
    battery = loads(PLAIN).setup.plant.battery
    assert (battery.running_per_h, battery.per_ml, battery.idle_per_h) == (0.064, 0.00011, 0.032)


def test_a_volume_is_multiplied_as_written() -> None:
    text = PLAIN.replace("0.6 mL/h", "3.3 mL/h").replace("7 d", "72 h") + '[bag]\nfill = "270 mL"\n'
    assert loads(text).setup.pump.program.vtbi_ml == 237.6


def test_line_ends_and_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    windows = tmp_path / "windows.toml"
    windows.write_bytes(b"\xef\xbb\xbf" + PLAIN.replace("\n", "\r\n").encode())
    assert load(windows) == loads(PLAIN)


def test_a_profile_file_is_found_from_the_scenarios_folder(tmp_path: Path) -> None:
    own = 'schema = 1\nname = "own"\ntitle = "Own"\nlike = "generic-ambulatory"\n'
    (tmp_path / "own.toml").write_text(own)
    (tmp_path / "mine.toml").write_text(PLAIN + '[pump]\nprofile = "own.toml"\n')
    assert load(tmp_path / "mine.toml").setup.pump.profile.name == "own"


def test_every_fault_is_said_at_once_in_the_order_of_lines() -> None:
    text = (
        'schema = 1\nid = "Mine!"\nauthor = "me"\n'
        '[order]\nrate = "0,6 mL/h"\nduration = "7 days"\n'
        '[bagg]\nfill = "110 mL"\n'
        '[bag]\nfill = 110\nhold_up = "2 mL"\n'
        '[[step]]\nat = "10 min"\ndo = "strat"\n'
        '[[expect]]\nalarm = "OCCLUSION"\n'
    )
    told = faults_of(text)
    wanted = [
        ("1", "title is missing"),
        ("2", 'id: "Mine!" is no name'),
        ("3", '"author" is not known here'),
        ("4", "dose is missing"),
        ("5", "has a comma"),
        ("6", '"days" is not known'),
        ("7", '"bagg" is not known here; did you mean bag?'),
        ("10", "fill: 110 has no unit; write a volume in quotes with its unit"),
        ("11", '"hold_up" is not known here; did you mean holdup?'),
        ("14", '"strat" is no verb; did you mean start?'),
        ("16", '"OCCLUSION" is not known here; did you mean'),
    ]
    assert len(told) == len(wanted)
    for line, (number, what) in zip(told, wanted, strict=True):
        assert line.startswith(f"mine.toml:{number}: "), line
        assert what in line


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "mine.toml:1: schema is missing; write schema = 1"),
        (PLAIN.replace("schema = 1", "schema = 2"), "mine.toml:1: schema 2 is newer than this program"),
        (
            PLAIN.replace("schema = 1", 'schema = "1"'),
            'mine.toml:1: schema "1" is not known; write schema = 1',
        ),
        (
            PLAIN.replace("schema = 1", "schema = true"),
            "mine.toml:1: schema true is not known; write schema = 1",
        ),
        (HEAD, "mine.toml:1: [order] is missing; add [order] with rate"),
        (HEAD + "order = 3\n", "mine.toml:4: order is no table; write [order]"),
        (PLAIN + "[step]\nat = 1\n", "mine.toml:8: step is no list of tables; write [[step]]"),
        (PLAIN + "[[bag]]\nfill = 1\n", "mine.toml:8: bag is no table; write [bag]"),
        (HEAD + "step = [1]\n" + ORDER, "mine.toml:4: 1 is no table; write [[step]]"),
        (HEAD + "seed = -1\n" + ORDER, "mine.toml:4: seed: -1 is out of range"),
        (
            HEAD + f"seed = 0x{'f' * 5000}\n" + ORDER,
            "mine.toml:4: seed: a number of very many digits is out of range",
        ),
        (HEAD + "seed = 1.0\n" + ORDER, "mine.toml:4: seed: 1.0 is no whole number"),
        (HEAD + f"seed = {'9' * 5000}\n" + ORDER, "this is no TOML: Exceeds the limit"),
        (HEAD + "seed = 2020-01-01\n" + ORDER, "mine.toml:4: seed: 2020-01-01 is no whole number"),
        (HEAD + 'tags = "bags"\n' + ORDER, 'mine.toml:4: tags: "bags" is no list'),
        (
            PLAIN + '[pump]\nprofile = "generic"\n',
            'mine.toml:9: profile "generic": profile there is no profile',
        ),
        (
            PLAIN + '[pump]\nprofile = "gone.toml"\n',
            'mine.toml:9: profile "gone.toml" line 1: there is no such file',
        ),
        (
            PLAIN + '[pump]\nrate = "0.65 mL/h"\n',
            "mine.toml:9: no generic-ambulatory pump can be set up so: rate 0.65",
        ),
        (
            PLAIN + '[response]\nprocedure = "homemaytap"\n',
            'mine.toml:9: procedure "homemaytap": is no procedure',
        ),
        (
            PLAIN + '[response]\nprocedure = "gone.toml"\n',
            'mine.toml:9: procedure "gone.toml" line 1: there is no such file',
        ),
        (PLAIN + "[response]\n", "mine.toml:8: procedure is missing"),
        (
            PLAIN + '[response]\nprocedure = "home-may-tap"\nluck = "9 %"\n',
            'mine.toml:10: "luck" is not known',
        ),
        (PLAIN + '[pump]\nvtbi = "100.85 mL"\n', "nearest are 100.8 and 100.9 mL; correct vtbi"),
        (PLAIN + '[pump]\ncodes = { doctor = "1" }\n', 'mine.toml:9: codes: "doctor" is not known here'),
        (PLAIN + '[bag]\nholdup = "110 mL"\n', "mine.toml:9: holdup: nothing could ever come out"),
        (
            PLAIN + '[bag]\nfill = "0 mL"\n[pump]\nreservoir = "110 mL"\n',
            "mine.toml:9: fill: the bag is empty",
        ),
        (PLAIN + '[set]\ncompliance = "0 uL/mmHg"\n', "mine.toml:9: compliance: no tube is without any"),
        (
            PLAIN + '[set]\nsupply_compliance = "0 uL/mmHg"\n',
            "mine.toml:9: supply_compliance: no tube is without any",
        ),
        (
            PLAIN + '[catheter]\nresistance = "0 mmHg h/mL"\n',
            "mine.toml:9: resistance: no tube is without any",
        ),
        (PLAIN + '[set]\nsupply = "3 mL"\n', "mine.toml:9: supply: 3 mL before the pump leave nothing"),
        (
            PLAIN + '[set]\nprime = "0.6 mL"\n',
            "mine.toml:8: supply: 0.15 mL before the pump are less than the 0.16 mL",
        ),
        (
            PLAIN.replace("0.6 mL/h", "0 mL/h") + '[pump]\nrate = "0.6 mL/h"\nvtbi = "1 mL"\n',
            "mine.toml:5: rate: nothing is ordered",
        ),
        (
            PLAIN + '[[step]]\nat = "1 h"\ndo = "start"\n[[step]]\nat = "7 d 2 h"\ndo = "stop"\n',
            "mine.toml:12: at: 7 d 2 h is after the end of the scenario, 7 d 1 h",
        ),
        (
            HEAD + 'until = "1 h"\n' + ORDER + '[[step]]\nat = "2 h"\ndo = "start"\n',
            "mine.toml:10: at: 2 h is after the end of the scenario, 1 h",
        ),
        (
            PLAIN + '[[step]]\nat = "1 h"\ndo = "prime"\nvolume = "111 mL"\n',
            "mine.toml:11: volume: 111 mL are more than the bag",
        ),
        (
            PLAIN + '[[step]]\nat = "1 h"\ndo = "occlude"\nfraction = 0.5\nresistance = "900 mmHg h/mL"\n',
            "mine.toml:12: fraction and resistance give two obstructions; take one of them out",
        ),
        (
            PLAIN + '[[step]]\nat = "1 h"\ndo = "change_bag"\ndose = "1 ug"\n',
            "mine.toml:11: dose is given without dose_in",
        ),
        ("schema = 1\nid = mine\n", "mine.toml:2: this is no TOML: Invalid value (column 6)"),
        ("schema = 1\nschema = 1\n", "mine.toml:2: this is no TOML: Cannot overwrite a value"),
        ('id = "mine', "mine.toml:1: this is no TOML"),
        ("a = " + "[" * 50_000, "mine.toml:1: is nested too deeply"),
    ],
)
def test_says_what_is_wrong(text: str, fault: str) -> None:
    assert any(fault in line for line in faults_of(text)), faults_of(text)


def test_bad_files_of_every_kind(tmp_path: Path) -> None:
    def said(name: str, content: bytes | None = None) -> str:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ScenarioError) as caught:
            load(path)
        assert caught.value.file == str(path)
        return str(caught.value).removeprefix(f"{path}:")

    assert said("gone.toml") == "1: there is no such file; give the path of a scenario's .toml file"
    assert said("latin.toml", b"# one\n# J\xe4ger\n") == "2: is not UTF-8 text; save it as UTF-8"
    assert said("binary.toml", bytes(range(256))).startswith("1: is no text but binary")
    assert said("utf16.toml", PLAIN.encode("utf-16")).startswith(
        "1: is no text but binary, or text in UTF-16"
    )
    assert (
        said("large.toml", b"# " + b"x" * 1_000_000)
        == "1: is larger than 1 MB; give a scenario: a few kilobytes of TOML"
    )
    assert said("latine.toml") == "1: there is no such file; did you mean latin.toml?"
    assert said(".") == "1: is a folder; give the path of a .toml file in it"
    assert "cannot be read" in said("a" * 300 + ".toml")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.toml"
    with huge.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(ScenarioError, match="larger than 1 MB"):
        load(huge)


def test_a_device_is_not_read() -> None:
    with pytest.raises(ScenarioError, match="no ordinary file"):
        load(Path("/dev/zero"))


def test_a_name_that_is_not_in_the_library() -> None:
    with pytest.raises(ScenarioError, match="did you mean day7-shortfall-after-two-reprimes"):
        load("day7-shortfall-after-two-reprime")


def test_another_seed_changes_the_seed_and_nothing_else() -> None:
    scenario = loads(PLAIN)
    other = scenario.with_seed(9)
    assert isinstance(other, Scenario)
    assert other.setup.seed == 9
    assert other.with_seed(0) == scenario


def test_loading_takes_neither_pydantic_nor_numpy_nor_matplotlib() -> None:
    code = (
        "import sys, scenarios.loader; scenarios.loader.library();"
        "print(sorted({'pydantic', 'numpy', 'matplotlib', 'rich', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_wrong_with_a_profile_is_told_with_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(PLAIN + '[pump]\nprofile = "pump.toml"\n', encoding="utf-8")
    (tmp_path / "pump.toml").write_text(
        'schema = 1\nname = "p"\ntitle = "p"\nlike = "generic-ambulatory"\n\n[figures.stroke_volum]\n'
        'value = "50 uL"\nsource = "mine"\ncertainty = "X"\n',
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "mine.toml")
    assert 'profile "pump.toml" line 6: figures.stroke_volum is not known here' in str(caught.value)
    assert "did you mean stroke_volume?" in str(caught.value)
