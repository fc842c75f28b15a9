"""The fixtures and helpers are those of tests/e2e."""

import importlib.util
import pathlib
import sys

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(E2E), str(E2E.parent / "fleet")]

_spec = importlib.util.spec_from_file_location("e2e_conftest", E2E / "conftest.py")
_e2e = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_e2e)

folder, started = _e2e.folder, _e2e.started
pytest_runtest_makereport = _e2e.pytest_runtest_makereport
