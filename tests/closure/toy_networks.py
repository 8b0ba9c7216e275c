"""Networks of two weights. In a module of their own, so that other processes can import them."""

import os

import torch
from torch import nn


class Line(nn.Module):
    """y = a x + b, with a loss that draws random numbers, as a diffusion model's does."""

    def __init__(self, noise: float = 0.1, start: tuple[float, float] = (0.0, 0.0)) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)
        self.noise = noise
        nn.init.constant_(self.layer.weight, start[0])
        nn.init.constant_(self.layer.bias, start[1])

    def loss(self, batch):
        x = batch["x"] + self.noise * torch.randn_like(batch["x"])
        return (self.layer(x) - batch["y"]).square().mean(dim=1)


class Writing(Line):
    """It writes down what every process draws."""

    def __init__(self, place):
        super().__init__()
        self.place = place

    def loss(self, batch):
        (self.place / f"{os.getpid()}").write_text(str(torch.randn(3).tolist()))
        return super().loss(batch)


class Judged(Line):
    """One that is judged by its epoch's number, and whose loss is finite for so many epochs."""

    def __init__(self, finite_epochs):
        super().__init__()
        self.finite, self.epochs = finite_epochs, 0

    def loss(self, batch):
        return super().loss(batch) if self.epochs < self.finite else super().loss(batch) * torch.nan

    def judge(self, data):
        self.epochs += 1
        return {"distance": float(10 - self.epochs), "other": 1.0}

    def verdict(self, history):
        return None
