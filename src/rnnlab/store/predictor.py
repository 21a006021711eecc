"""What a tracked model runs. MLflow keeps this file in the model, and executes it to load one."""

from pathlib import Path

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from rnnlab.errors import LabError
from rnnlab.labs import part
from rnnlab.runs.files import read_run


class Predictor(PythonModel):  # type: ignore[misc]
    """Raw texts in, one row each out: see `answer` in the lab's predict.py."""

    def load_context(self, context: PythonModelContext) -> None:
        run, features = (Path(context.artifacts[name]) for name in ("run", "features"))
        self._answer = part(read_run(run).lab, "predict").answer(run, features)

    def predict(self, model_input: list[str]) -> pd.DataFrame:
        """MLflow checks texts by their type hint; a table with one column of them does, too."""
        try:
            return pd.DataFrame(self._answer(model_input))
        except LabError as trouble:
            raise MlflowException.invalid_parameter_value(str(trouble)) from None


set_model(Predictor())
