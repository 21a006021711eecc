"""What a tracked model runs. MLflow keeps this file in the model, and executes it to load one."""

import warnings
from pathlib import Path

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from rnnlab.errors import LabError
from rnnlab.labs import part
from rnnlab.runs.files import read_run

# A type hint of `predict` would take the place of the model's signature, without its output.
warnings.filterwarnings("ignore", ".*Add type hints to the `predict` method")


class Predictor(PythonModel):  # type: ignore[misc]
    """Raw texts in, one row each out: see `answer` in the lab's predict.py."""

    def load_context(self, context: PythonModelContext) -> None:
        run, features = (Path(context.artifacts[name]) for name in ("run", "features"))
        self._answer = part(read_run(run).lab, "predict").answer(run, features)

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        """model_input: a list of texts, or a table with one column of them."""
        table = isinstance(model_input, pd.DataFrame)
        try:
            texts = model_input.iloc[:, 0].tolist() if table else list(model_input)
            return pd.DataFrame(self._answer(texts))
        except LabError as trouble:
            raise MlflowException.invalid_parameter_value(str(trouble)) from None


set_model(Predictor())
