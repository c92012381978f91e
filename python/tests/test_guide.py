"""The guide and the notebook: every example in them runs."""

import os
import re
import subprocess
from pathlib import Path

import nbclient
import nbformat
import pandas as pd
import pytest
from trendtag import find_program

REPOSITORY = Path(__file__).parents[2]
GUIDE = REPOSITORY / "docs" / "python.md"
NOTEBOOK = REPOSITORY / "examples" / "notebook.ipynb"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the demo files, the labelled cases cut short."""
    monkeypatch.chdir(tmp_path)
    subprocess.run([find_program(), "demo", "demo", "--quiet"], check=True)
    cases = Path("demo", "cases.csv")
    pd.read_csv(cases).head(150).to_csv(cases, index=False)
    return tmp_path


def test_the_examples_of_the_guide_run_one_after_the_other(folder):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 8
    names = {}
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), names)
    assert (folder / "mine.safetensors").exists() and (folder / "evaluation.html").exists()
    assert 0.5 < names["search"].best_score_ <= 1


def test_the_notebook_goes_from_a_workbook_to_a_reading_plan(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert all(cell.outputs or cell.id == "cell-03" for cell in code(notebook)), "it is executed"
    # The program of this environment is beside its interpreter.
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=resources).execute(env=dict(os.environ))
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"execute_result", "display_data"}
    kinds = [kind for output in outputs for kind in output.data]
    assert kinds.count("image/png") == 2
    assert any("<mark" in output.data.get("text/html", "") for output in outputs)
    to_read = pd.read_excel(tmp_path / "to-read.xlsx")
    assert 10 < len(to_read) < 140
    assert to_read["expected_errors"].is_monotonic_decreasing


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
