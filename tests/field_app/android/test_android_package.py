"""What goes into the package: recipes, releases, files, and a manifest that holds what was promised.

The tools are python-for-android's own. Nothing is built here: that takes Android's SDK (docs/android.md).
"""

import re
import subprocess
import sys
from argparse import Namespace
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree as ET

import jinja2
import pytest

from field_app.android.hook import ANDROID, PERMISSIONS, before_apk_assemble, broken_promises, completed
from field_app.android.java import CLASSES, OURS
from field_app.android.stage import KINDS, stage

ROOT = Path(__file__).parents[3]
HERE = ROOT / "field_app" / "android"
ONLY_ANDROID = frozenset({"python3", "hostpython3", "openssl", "pyjnius", "android", "six"})
"""What no desktop installs: their releases stand in the spec alone."""

RESOLVE = """
import json, sys
from pythonforandroid.bootstrap import Bootstrap
from pythonforandroid.build import Context
from pythonforandroid.graph import get_recipe_order_and_bootstrap
from pythonforandroid.recipe import Recipe

context = Context()
context.local_recipes, context.storage_dir = sys.argv[1], sys.argv[2]
recipes, modules, _ = get_recipe_order_and_bootstrap(
    context, sys.argv[3].split(","), Bootstrap.get_bootstrap("sdl2", context)
)
found = {name: Recipe.get_recipe(name, context) for name in recipes}
print(json.dumps({
    "recipes": recipes,
    "modules": modules,
    "versions": {one.name.lower(): one.version for one in found.values()},
    "urls": {one.name.lower(): one.versioned_url for one in found.values()},
    "ours": [name for name, one in found.items() if one.get_recipe_dir().startswith(sys.argv[1])],
    "fetched_for_kivy": Recipe.get_recipe("kivy", context).python_depends,
    "patches": [
        str(patch) for one in found.values() for patch in (one.patches or []) if one.name.lower() == "pillow"
    ],
}))
"""

IMPORT_ALL = """
import importlib, importlib.abc, os, pkgutil, sys
allowed = set(sys.argv[1].split(","))

class Only(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in allowed and top not in sys.stdlib_module_names and not top.startswith("_"):
            raise ModuleNotFoundError(f"{name} is not in the spec", name=name)
        return None

sys.meta_path.insert(0, Only())
sys.path.insert(0, os.getcwd())
from field_app.ui.environment import prepare
prepare(offscreen=True)
count = 0
for package in ("schemas", "sync", "field_app"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        importlib.import_module(module.name)
        count += 1
import field_app, httpcore, httpx, sqlite_utils
assert field_app.__file__.startswith(os.getcwd()), field_app.__file__
httpx.Client().close()
sqlite_utils.Database(memory=True)["warga"].insert({"id": 1})
from schemas.form import load_forms
from schemas.text import load_text
from schemas.theme import load_theme
from schemas.wilayah import load_wilayah
from schemas.workflow import load_workflows
load_forms(), load_text(), load_theme(), load_wilayah(), load_workflows()
print(count)
"""

MODULES_OF = {"pillow": "PIL", "pyjnius": "jnius", "zxing-cpp": "zxingcpp"}
"""Where the name to import is not the project's, in lower case and with `_` for `-`."""


@pytest.fixture(scope="module")
def spec() -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    parser.read(HERE / "buildozer.spec", encoding="utf-8")
    return parser


def listed(spec: ConfigParser, name: str) -> list[str]:
    return [part.strip() for part in spec["app"][name].split(",")]


def pinned(spec: ConfigParser) -> dict[str, str]:
    """Releases that the spec asks for; empty where it names none."""
    return {
        name.lower(): version
        for name, _, version in (r.partition("==") for r in listed(spec, "requirements"))
    }


def locked() -> dict[str, str]:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;\\]+)", text, flags=re.M))


@pytest.fixture(scope="module")
def resolved(spec: ConfigParser, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What python-for-android makes of our requirements and recipes."""
    import json

    names, environment = [], {}
    for name, version in ((r.partition("==")[0], r.partition("==")[2]) for r in listed(spec, "requirements")):
        names.append(name)
        if version:
            environment[f"VERSION_{name}"] = version  # as its own command line does it
    given = [str(HERE / "recipes"), str(tmp_path_factory.mktemp("p4a")), ",".join(names)]
    done = subprocess.run(
        [sys.executable, "-c", RESOLVE, *given],
        capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/bin:/bin", **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_the_recipes_resolve_with_ours_in_their_place(resolved: dict[str, object]) -> None:
    recipes = resolved["recipes"]
    assert isinstance(recipes, list)
    order = [str(name).lower() for name in recipes]
    assert order.index("openssl") < order.index("sqlcipher3")
    assert order.index("jpeg") < order.index("pillow")
    ours = resolved["ours"]
    assert isinstance(ours, list)
    assert {str(name).lower() for name in ours} == {"sqlcipher3", "pillow", "zxing-cpp"}
    assert resolved["fetched_for_kivy"] == [], "the recipe of python-for-android took the place of ours"
    assert resolved["patches"] == [], "the patch of the older Pillow does not fit ours"


def test_a_recipe_is_built_in_the_release_of_the_lock(
    resolved: dict[str, object], spec: ConfigParser
) -> None:
    versions, urls = resolved["versions"], resolved["urls"]
    assert isinstance(versions, dict) and isinstance(urls, dict)
    for name in (
        "kivy",
        "cryptography",
        "msgspec",
        "cffi",
        "pillow",
        "sqlcipher3",
        "zxing-cpp",
        "pyjnius",
        "openssl",
        "python3",
    ):
        assert versions[name] == pinned(spec)[name], name
        assert versions[name] in urls[name], name
    for name in ("kivy", "cryptography", "msgspec", "cffi", "pillow", "sqlcipher3", "zxing-cpp"):
        assert versions[name] == locked()[name], name


def test_our_own_recipes_name_the_same_release_as_the_spec(spec: ConfigParser) -> None:
    for name in ("sqlcipher3", "pillow", "zxing-cpp"):
        text = (HERE / "recipes" / name / "__init__.py").read_text(encoding="utf-8")
        assert f'version = "{pinned(spec)[name.lower()]}"' in text


def test_every_package_is_asked_for_in_the_release_of_the_lock(spec: ConfigParser) -> None:
    lock = locked()
    wrong = {
        name: version
        for name, version in pinned(spec).items()
        if name not in ONLY_ANDROID and lock.get(name) != version
    }
    assert wrong == {}


def test_nothing_is_fetched_whose_release_nobody_named(
    resolved: dict[str, object], spec: ConfigParser
) -> None:
    modules = resolved["modules"]
    assert isinstance(modules, list)
    assert [name for name in modules if not pinned(spec).get(str(name).lower())] == []


def test_the_phones_python_is_one_that_the_project_runs_on(spec: ConfigParser) -> None:
    wanted = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert wanted is not None
    least, below = map(int, wanted.groups())
    version = pinned(spec)["python3"]
    assert least <= int(version.split(".")[1]) < below
    assert pinned(spec)["hostpython3"] == version


def test_the_phone_imports_with_what_the_spec_lists_and_nothing_else(
    spec: ConfigParser, tmp_path: Path
) -> None:
    """As on a phone: from the staged folder, with docstrings and asserts taken out of it."""
    stage(tmp_path / "app")
    names = {MODULES_OF.get(name, name.replace("-", "_")) for name in pinned(spec)} | {"dateutil"}
    allowed = names | {"schemas", "sync", "field_app"}
    run = [sys.executable, "-OO", "-c", IMPORT_ALL, ",".join(sorted(allowed))]
    done = subprocess.run(run, cwd=tmp_path / "app", capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout.split()[-1]) > 150


def test_only_the_phone_is_staged(tmp_path: Path) -> None:
    files = [path.as_posix() for path in stage(tmp_path / "app")]
    assert {name.partition("/")[0] for name in files} == {"main.py", "schemas", "sync", "field_app"}
    assert (tmp_path / "app/main.py").read_bytes() == (HERE / "main.py").read_bytes()
    for word in ("test", "sample", "pictures", "recipes", "java/", "hook", "__main__", "commands", ".spec"):
        assert [name for name in files if word in name] == [], word
    for needed in (
        "schemas/text/id/aplikasi.toml",
        "field_app/migrations/0001_first.sql",
        "field_app/ui/shell.kv",
    ):
        assert needed in files


def test_buildozer_takes_every_kind_of_file_that_is_staged(spec: ConfigParser) -> None:
    assert {kind[1:] for kind in KINDS} == set(listed(spec, "source.include_exts"))


def test_nothing_but_the_android_folder_knows_java() -> None:
    knowing = [
        path.relative_to(ROOT).as_posix()
        for package in ("schemas", "sync", "field_app", "server")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"jnius|from android\b|import android\b", path.read_text(encoding="utf-8"))
        and HERE not in path.parents
    ]
    assert knowing == []


def rendered(spec: ConfigParser, *, debug: bool = False, **changes: object) -> str:
    """The manifest as python-for-android makes it of the spec, and our hook completes it."""
    import pythonforandroid

    templates = Path(pythonforandroid.__file__).parent / "bootstraps/_sdl_common/build/templates"
    app = spec["app"]
    arguments: dict[str, object] = {
        "numeric_version": "1", "version": app["version"], "min_sdk_version": int(app["android.minapi"]),
        "permissions": [{"name": f"android.permission.{one}"} for one in listed(spec, "android.permissions")],
        "extra_manifest_xml": (HERE / app["android.extra_manifest_xml"]).read_text(encoding="utf-8"),
        "extra_manifest_application_arguments": (
            HERE / app["android.extra_manifest_application_arguments"]
        ).read_text(encoding="utf-8"),
        "allow_backup": "true" if spec.getboolean("app", "android.allow_backup") else "false",
        "backup_rules": "", "android_entrypoint": app["android.entrypoint"],
        "window": app["fullscreen"] == "0",
        "android_apptheme": "@android:style/Theme.NoTitleBar", "android_used_libs": [], "meta_data": [],
        "manifest_orientation": app["orientation"], "activity_launch_mode": "singleTask",
        "add_activity": listed(spec, "android.add_activities"), "package": OURS.rstrip("."),
        "wakelock": False, "billing_pubkey": "", "launcher": False, "home_app": False, "intent_filters": "",
        "service_class_name": "org.kivy.android.PythonService",
    } | changes  # fmt: skip
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(templates), autoescape=False)
    return environment.get_template("AndroidManifest.tmpl.xml").render(
        args=Namespace(**arguments), service=False, service_data=[], native_services=[], debug=debug,
        android_api=int(app["android.api"]), url_scheme="kivy",
    )  # fmt: skip


def test_the_manifest_holds_every_promise(spec: ConfigParser) -> None:
    manifest = completed(rendered(spec))
    assert broken_promises(manifest) == []
    root = ET.fromstring(manifest)
    application = root.find("application")
    assert application is not None
    key = f"{{{ANDROID}}}"
    assert application.get(f"{key}allowBackup") == "false"
    assert application.get(f"{key}usesCleartextTraffic") == "false"
    assert application.get(f"{key}debuggable") is None
    exported = [part.get(f"{key}name") for part in application.iter() if part.get(f"{key}exported") == "true"]
    assert exported == [OURS + "SambangActivity"]
    assert {one.get(f"{key}name") for one in root.iter("uses-permission")} == PERMISSIONS


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"allow_backup": "true"}, "allowBackup"),
        ({"extra_manifest_application_arguments": ""}, "usesCleartextTraffic"),
        ({"permissions": [{"name": "android.permission.READ_CONTACTS"}]}, "READ_CONTACTS is asked for"),
        ({"add_activity": []}, "CameraActivity is not declared"),
        ({"android_entrypoint": "org.kivy.android.PythonActivity"}, "SambangActivity is not declared"),
    ],
)
def test_a_manifest_that_breaks_a_promise_is_not_built(
    spec: ConfigParser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], said: str
) -> None:
    path = tmp_path / "src/main/AndroidManifest.xml"
    path.parent.mkdir(parents=True)
    path.write_text(rendered(spec, **changes), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = path.read_bytes()
    with pytest.raises(Exception, match=said):
        before_apk_assemble(Namespace(args=Namespace(build_mode="release")))
    assert path.read_bytes() == before


def test_a_release_that_can_be_debugged_is_not_built(spec: ConfigParser) -> None:
    manifest = completed(rendered(spec, debug=True))
    assert broken_promises(manifest) == ["a release can be debugged"]
    assert broken_promises(manifest, debug=True) == []


def test_a_part_that_other_apps_may_open_or_that_runs_elsewhere_is_found(spec: ConfigParser) -> None:
    manifest = completed(rendered(spec))
    opened = manifest.replace('exported="false" android:excludeFromRecents', 'exported="true" android:x')
    assert broken_promises(opened) == [f"{OURS}CameraActivity is open to other apps"]
    apart = manifest.replace("<service", '<service android:process=":lain"')
    assert any("process of its own" in one for one in broken_promises(apart))


def test_neither_cloud_nor_new_phone_gets_a_copy() -> None:
    rules = ET.parse(HERE / "res/xml/tidak_dipindahkan.xml").getroot()
    everything = {"root", "file", "database", "sharedpref", "external"}
    for way in ("cloud-backup", "device-transfer"):
        kinds = {one.get("domain") for one in rules.iterfind(f"{way}/exclude")}
        assert kinds == everything and not list(rules.iterfind(f"{way}/include"))


def test_every_window_is_covered_before_its_first_frame() -> None:
    """Every activity of ours keeps out of pictures of the screen, before it builds anything."""
    activities = [
        text
        for path in (HERE / "java").rglob("*.java")
        if "extends PythonActivity" in (text := path.read_text(encoding="utf-8"))
        or "extends Activity" in text
    ]
    assert len(activities) == 2
    for text in activities:
        created = text.split("void onCreate(", 1)[1]
        assert re.match(r"[^}]*?cover\(this\);[^}]*?super\.onCreate", created)
        assert "clearFlags" not in text
    assert any("addFlags(WindowManager.LayoutParams.FLAG_SECURE)" in text for text in activities)


def test_nothing_of_ours_is_logged_or_written_beside_the_vault() -> None:
    for path in (HERE / "java").rglob("*.java"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"\bLog\.|System\.(out|err)|printStackTrace|FileOutputStream|FileWriter", text
        ), path
    start = (HERE / "start.py").read_text(encoding="utf-8")
    assert start.index("be_silent()") < start.index("on_this_phone()")


def test_the_camera_takes_by_name_only_what_its_java_has() -> None:
    named = set(re.findall(r"\bkind\.([A-Z]+)", (HERE / "camera.py").read_text(encoding="utf-8")))
    java = (HERE / "java" / OURS.replace(".", "/") / "CameraActivity.java").read_text(encoding="utf-8")
    assert named == {"SHUTTER", "CANCEL", "SHAPE", "ADVICE"}
    assert named == set(re.findall(r"public static final String ([A-Z]+)", java))


def test_java_has_every_class_of_ours_that_python_looks_up() -> None:
    written = {path.stem for path in (HERE / "java" / OURS.replace(".", "/")).glob("*.java")}
    assert {name.removeprefix(OURS) for name in CLASSES if name.startswith(OURS)} <= written
