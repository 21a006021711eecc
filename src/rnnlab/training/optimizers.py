"""Adam, RMSprop and plain SGD, by PyTorch's own functions.

PyTorch's optimizer classes import its compiler (TorchDynamo) with their first weight, which takes
as long as PyTorch itself. Nothing here is compiled, and the functions behind the classes take what
is kept here: the moments. tests/training/test_optimizers.py holds all to the classes, to the bit.
"""

import dataclasses
from collections.abc import Iterable

import torch
from torch.optim.adam import adam
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

Tensors = dict[str, torch.Tensor]


class SGD:
    """Plain stochastic gradient descent.

    The learning rate is `rate` times `share`, which the training loop lets fall.
    """

    def __init__(self, weights: Iterable[torch.Tensor], rate: float) -> None:
        self.weights, self.rate, self.share = list(weights), rate, 1.0

    def zero_grad(self) -> None:
        for weight in self.weights:
            weight.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change all weights that have a gradient."""
        weights = [each for each in self.weights if each.grad is not None]
        sgd(
            weights,
            [each.grad for each in weights if each.grad is not None],
            [None] * len(weights),
            foreach=True,
            weight_decay=0.0,
            momentum=0.0,
            lr=self.rate * self.share,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )

    def moments(self) -> Tensors:
        """What must be kept for a training to go on, by weight."""
        return {}

    def restore(self, moments: Tensors) -> None:
        """Take what `moments` gave, of an optimizer over the same weights."""


@dataclasses.dataclass
class _Moments:
    steps: torch.Tensor
    mean: torch.Tensor
    square: torch.Tensor


class Adam(SGD):
    """Adam (Kingma and Ba 2015); with `decay`, AdamW (Loshchilov and Hutter 2019)."""

    def __init__(
        self,
        weights: Iterable[torch.Tensor],
        rate: float,
        decay: float = 0.0,
        spared: Iterable[torch.Tensor] = (),
    ) -> None:
        """spared: those of the weights that don't decay."""
        super().__init__(weights, rate)
        self.decay = decay
        self._spared = {id(each) for each in spared}
        self._moments: dict[int, _Moments] = {}

    @torch.no_grad()
    def step(self) -> None:
        moved = [place for place, each in enumerate(self.weights) if each.grad is not None]
        spared = [place for place in moved if id(self.weights[place]) in self._spared]
        decayed = [place for place in moved if id(self.weights[place]) not in self._spared]
        for places, decay in ((decayed, self.decay), (spared, 0.0)):
            if places:
                self._step(places, decay)

    def _step(self, places: list[int], decay: float) -> None:
        weights = [self.weights[place] for place in places]
        own = [self._of(place) for place in places]
        adam(
            weights,
            [each.grad for each in weights if each.grad is not None],
            [each.mean for each in own],
            [each.square for each in own],
            [],
            [each.steps for each in own],
            fused=True,
            decoupled_weight_decay=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.rate * self.share,
            weight_decay=decay,
            eps=1e-8,
            maximize=False,
        )

    def _of(self, place: int) -> _Moments:
        weight = self.weights[place]
        if place not in self._moments:
            steps = torch.zeros((), device=weight.device)
            self._moments[place] = _Moments(
                steps, torch.zeros_like(weight), torch.zeros_like(weight)
            )
        return self._moments[place]

    def moments(self) -> Tensors:
        return {
            f"{place}.{field}": value
            for place, own in self._moments.items()
            for field, value in vars(own).items()
        }

    def restore(self, moments: Tensors) -> None:
        for name, value in moments.items():
            place, field = name.split(".")
            own = self._of(int(place))
            setattr(own, field, value.to(self.weights[int(place)].device))


class RMSprop(SGD):
    """Gradients by the root of their running mean square (Tieleman and Hinton 2012)."""

    def __init__(self, weights: Iterable[torch.Tensor], rate: float) -> None:
        super().__init__(weights, rate)
        self._squares = [torch.zeros_like(each) for each in self.weights]

    @torch.no_grad()
    def step(self) -> None:
        moved = [
            (weight, weight.grad, square)
            for weight, square in zip(self.weights, self._squares, strict=True)
            if weight.grad is not None
        ]
        weights, grads, squares = map(list, zip(*moved, strict=True))
        rmsprop(
            weights,
            grads,
            squares,
            [],
            [],
            [torch.zeros(()) for _ in weights],
            foreach=True,
            lr=self.rate * self.share,
            alpha=0.99,
            eps=1e-8,
            weight_decay=0.0,
            momentum=0.0,
            centered=False,
        )

    def moments(self) -> Tensors:
        return {str(place): square for place, square in enumerate(self._squares)}

    def restore(self, moments: Tensors) -> None:
        for name, value in moments.items():
            self._squares[int(name)].copy_(value)
