"""Families of interchangeable methods, open to anyone.

A family ("density", "classifier", "search", ...) is a set of names, each of which stands for a dataclass. Its members
are those of resonaut, those that installed packages announce through an entry point of the group `resonaut.<family>`,
and those that a notebook adds with `@register`. A setting that takes any member of a family is annotated so:

    density: AnyTractableDensity    # = Annotated[TractableDensity, Registered("density", needs=("log_prob",))]

and is then read from a name ("nsf"), from a table ({"name": "nsf", "bins": 8}) or taken as an instance. What a method
needs is a capability of the member (`needs`), so that an impossible pair is refused while the configuration is read.

Modules are imported when a family is first looked at, not before.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_type_hints

from resonaut.errors import ConfigError
from resonaut.protocols import (
    Classifier,
    CloudClassifier,
    CloudDensity,
    Density,
    LatentDensity,
    MassModel,
    OutlierDetector,
    ResidualDensity,
    Search,
    TractableDensity,
)

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, TypeAdapter
    from pydantic_core import CoreSchema

__all__ = [
    "AnyClassifier",
    "AnyCloudClassifier",
    "AnyCloudDensity",
    "AnyDensity",
    "AnyEventClassifier",
    "AnyLatentDensity",
    "AnyMassModel",
    "AnyOutlierDetector",
    "AnyResidualDensity",
    "AnySearch",
    "AnyTractableDensity",
    "Registered",
    "check_config",
    "dump_config",
    "members",
    "names",
    "read_config",
    "register",
    "settings",
]

T = TypeVar("T")

_BUILT_IN: dict[str, dict[str, str]] = {
    "scaling": {
        "standardise": "resonaut.features.scaling:Standardise",
        "logit": "resonaut.features.scaling:Logit",
        "quantile": "resonaut.features.scaling:Quantile",
        "whiten": "resonaut.features.whitening:Whiten",
        "chain": "resonaut.features.scaling:Chain",
    },
    "density": {
        "realnvp": "resonaut.models.density.affine:AffineFlow",
        "quadratic": "resonaut.models.density.quadratic:QuadraticFlow",
        "nsf": "resonaut.models.density.spline:SplineFlow",
        "nsf-ar": "resonaut.models.density.autoregressive_spline:AutoregressiveSplineFlow",
        "maf": "resonaut.models.density.maf:MaskedAutoregressiveFlow",
        "cvae": "resonaut.models.density.cvae:CVAE",
        "ddpm": "resonaut.models.density.ddpm:DDPM",
        "cfm": "resonaut.models.density.flow_matching:FlowMatching",
        "autoregressive": "resonaut.models.density.autoregressive:AutoregressiveTransformer",
        "ensemble": "resonaut.models.density.ensemble:DensityEnsemble",
    },
    "cloud": {
        "cloud-diffusion": "resonaut.models.density.cloud_diffusion:CloudDiffusion",
        "epic-fm": "resonaut.models.density.epic_flow_matching:EPiCFlowMatching",
        "subjets": "resonaut.models.density.subjet_cloud:SubjetCloud",
    },
    "mass": {
        "kde": "resonaut.models.density.mass:KernelMass",
        "fit": "resonaut.statistics.fitted_mass:FittedMass",
    },
    "classifier": {
        "trees": "resonaut.models.classifier.trees:BoostedTrees",
        "mlp": "resonaut.models.classifier.mlp:DenseNetwork",
        "ensemble": "resonaut.models.classifier.ensemble:Ensemble",
    },
    "outlier": {
        "ae": "resonaut.models.outlier.autoencoder:Autoencoder",
        "nae": "resonaut.models.outlier.normalised:NormalisedAutoencoder",
        "wnae": "resonaut.models.outlier.wasserstein:WassersteinNormalisedAutoencoder",
    },
    "graph-outlier": {
        "ngae": "resonaut.models.outlier.graph:NormalisedGraphAutoencoder",
    },
    "cloud-classifier": {
        "cloud-ensemble": "resonaut.models.classifier.cloud_ensemble:CloudEnsemble",
        "cloud-transformer": "resonaut.models.classifier.cloud_transformer:CloudTransformer",
    },
    "search": {
        "anode": "resonaut.searches.anode:ANODE",
        "cathode": "resonaut.searches.cathode:CATHODE",
        "combination": "resonaut.searches.combination:Combination",
        "crossfit": "resonaut.searches.crossfit:CrossFit",
        "cwola": "resonaut.searches.cwola:CWoLa",
        "full-cathode": "resonaut.searches.full_cathode:FullCATHODE",
        "idealised": "resonaut.searches.idealised:Idealised",
        "lacathode": "resonaut.searches.lacathode:LaCATHODE",
        "outlier": "resonaut.searches.outlier:OutlierSearch",
        "ranode": "resonaut.searches.ranode:RANODE",
        "supervised": "resonaut.searches.supervised:Supervised",
    },
}
"""Names, so that help texts and this module cost no import; the classes say the same with `@register`."""

_ADDED: dict[str, dict[str, type]] = {}
_UNREGISTERED = "instance"
_NONE = "none"
"""In settings as text, which have no other word for it: what is set by default is not."""


def settings(cls: type[T]) -> type[T]:
    """Make a dataclass readable as configuration: unknown settings are refused, instances are checked like tables."""
    cls.__pydantic_config__ = {"extra": "forbid", "revalidate_instances": "always"}  # type: ignore[attr-defined]
    cls.__get_pydantic_core_schema__ = classmethod(_known_settings)  # type: ignore[attr-defined]
    return cls


def _known_settings(cls: type, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Pydantic's schema of a dataclass, where an unknown setting is answered with those that exist."""
    from pydantic_core import core_schema

    known = [f.name for f in fields(cls) if f.init]

    def check(value: object) -> object:
        if not isinstance(value, dict):
            return value
        if unknown := sorted(set(value) - set(known)):
            raise _refused(f"setting '{unknown[0]}' is unknown; choose from {', '.join(known)}")
        unset = {name for name, item in value.items() if isinstance(item, str) and item == _NONE}
        return value | dict.fromkeys(unset & _nullable(cls)) if unset else value

    schema = handler(source)
    # Into the dataclass's own schema, which pydantic keeps for every other place where the class is a setting.
    inner: Any = handler.resolve_ref_schema(schema)
    inner["schema"] = core_schema.no_info_before_validator_function(check, inner["schema"])
    return schema


@cache
def _nullable(cls: type) -> set[str]:
    """The settings of a class that may be None."""
    return {name for name, hint in get_type_hints(cls).items() if type(None) in get_args(hint)}


def _refused(problem: str) -> Exception:
    """What a validator raises; pydantic adds where."""
    from pydantic_core import PydanticCustomError

    return PydanticCustomError("refused", "{problem}", {"problem": problem})


def register(kind: str, name: str) -> Callable[[type[T]], type[T]]:
    """Add a dataclass to a family under a name.

    Raises:
        ConfigError: another class has the name already.
    """

    def add(cls: type[T]) -> type[T]:
        if not is_dataclass(cls):
            raise ConfigError(
                f"{cls.__name__} cannot be a {kind}: put @register above @dataclass, its fields are the settings"
            )
        where = f"{cls.__module__}:{cls.__qualname__}"
        taken = _BUILT_IN.get(kind, {}).get(name)
        if taken and taken != where:
            raise ConfigError(f"{kind} '{name}' is {taken} already; register {where} under another name")
        _ADDED.setdefault(kind, {})[name] = cls
        cls.registered_as = (kind, name)  # type: ignore[attr-defined]
        _adapter.cache_clear()
        return settings(cls)

    return add


def names(kind: str) -> list[str]:
    """Every name of a family, without importing the members."""
    announced = (entry.name for entry in entry_points(group=f"resonaut.{kind}"))
    return sorted({*_BUILT_IN.get(kind, {}), *_ADDED.get(kind, {}), *announced})


def members(kind: str, needs: Iterable[str] = ()) -> dict[str, type]:
    """The classes of a family by name, those with every attribute in `needs` only."""
    for where in _BUILT_IN.get(kind, {}).values():
        _load(where)
    for entry in entry_points(group=f"resonaut.{kind}"):
        if entry.name not in _ADDED.get(kind, {}):
            try:
                register(kind, entry.name)(entry.load())
            except Exception as error:  # somebody else's package must not stop everybody's run
                warnings.warn(f"{kind} '{entry.name}' ({entry.value}) cannot be used: {error}", stacklevel=2)
    family = _ADDED.get(kind, {})
    return {name: family[name] for name in sorted(family) if all(hasattr(family[name], need) for need in needs)}


def _load(where: str) -> type:
    module, _, attribute = where.partition(":")
    loaded: type = getattr(import_module(module), attribute)
    return loaded


@dataclass(frozen=True)
class Registered:
    """Annotation: any member of a family that has what is needed.

    An instance whose class is not registered is taken as well if it has the methods of the annotated protocol, so that
    a new idea can be tried from Python before it has a name.

    Args:
        kind: The family.
        needs: Attributes that a member must have, such as "log_prob".
        or_kind: Another family whose members are taken as well.
    """

    kind: str
    needs: tuple[str, ...] = ()
    or_kind: str | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A union of the family's members, told apart by `name`."""
        from pydantic_core import core_schema

        choices: dict[str, CoreSchema] = {
            name: core_schema.no_info_before_validator_function(_without_name, handler.generate_schema(cls))
            for name, cls in self._family().items()
        }
        # Read from plain text there is nothing but names and tables: no class is an instance of ().
        choices[_UNREGISTERED] = core_schema.custom_error_schema(
            core_schema.is_instance_schema(() if source is Any else source),
            custom_error_type="refused",
            custom_error_message=f"a {self.kind} is given by name ({', '.join(choices)}) or as a table with its name",
        )
        return core_schema.no_info_before_validator_function(
            self._named,
            core_schema.tagged_union_schema(choices, discriminator=self._tag),
            serialization=core_schema.plain_serializer_function_ser_schema(self._written),
        )

    def _named(self, value: object) -> object:
        """A bare name becomes a table; an unknown name is refused here, with those that would do."""
        value = {"name": value} if isinstance(value, str) else value
        if isinstance(value, dict):
            allowed = self._family()
            name = value.get("name")
            if name not in allowed:
                if name is None:
                    problem = f"{self.kind} has no name"
                elif name in members(self.kind):
                    problem = f"{self.kind} '{name}' has no {' or '.join(self.needs)}, which is needed here"
                else:
                    problem = f"{self.kind} '{name}' is unknown"
                raise _refused(f"{problem}; choose from {', '.join(allowed)}")
        return value

    def _written(self, member: object) -> dict[str, Any]:
        """A member as a table; one without a name could not be read back."""
        if "registered_as" not in vars(type(member)):
            what = type(member).__name__
            raise ConfigError(
                f"{self.kind} {what} has no name to write down; put @register('{self.kind}', NAME) above it"
            )
        return dump_config(member)

    def _tag(self, value: object) -> str:
        """Which choice of the union a value belongs to."""
        if isinstance(value, dict):
            return str(value["name"])
        return next((name for name, cls in self._family().items() if cls is type(value)), _UNREGISTERED)

    def _family(self) -> dict[str, type]:
        """The classes to choose from, by name."""
        more = {} if self.or_kind is None else members(self.or_kind, self.needs)
        return members(self.kind, self.needs) | more


def _without_name(value: object) -> object:
    """The name has chosen the class; what is left are its settings."""
    return {key: item for key, item in value.items() if key != "name"} if isinstance(value, dict) else value


AnyDensity = Annotated[Density, Registered("density")]
AnyTractableDensity = Annotated[TractableDensity, Registered("density", needs=("log_prob",))]
AnyLatentDensity = Annotated[LatentDensity, Registered("density", needs=("to_latent",))]
AnyResidualDensity = Annotated[ResidualDensity, Registered("density", needs=("fit_residual",))]
AnyClassifier = Annotated[Classifier, Registered("classifier")]
AnyCloudClassifier = Annotated[CloudClassifier, Registered("cloud-classifier")]
AnyEventClassifier = Annotated[Classifier | CloudClassifier, Registered("classifier", or_kind="cloud-classifier")]
AnyCloudDensity = Annotated[CloudDensity, Registered("cloud")]
AnyMassModel = Annotated[MassModel, Registered("mass")]
AnyOutlierDetector = Annotated[OutlierDetector, Registered("outlier")]
AnySearch = Annotated[Search, Registered("search")]


def read_config(kind: str | type[T], data: object, *, needs: tuple[str, ...] = (), or_kind: str | None = None) -> Any:
    """Build a member of a family (`kind` is its name), or a dataclass (`kind` is the class), from plain settings.

    Args:
        kind: What to build.
        data: Its settings.
        needs, or_kind: As `Registered` has them.

    Raises:
        ConfigError: an unknown name or setting, or an impossible value, in one line.
    """
    from pydantic import ValidationError

    annotation: Any = Annotated[Any, Registered(kind, needs, or_kind)] if isinstance(kind, str) else kind
    try:
        return _adapter(annotation).validate_python(data)
    except ValidationError as error:
        what = kind if isinstance(kind, str) else kind.__name__
        raise ConfigError("; ".join(_in_words(what, problem) for problem in error.errors())) from None


def check_config(instance: T) -> T:
    """The same settings once more, checked: what is given in Python has not been read as configuration.

    Raises:
        ConfigError: an impossible value.
    """
    checked: T = read_config(type(instance), instance)
    return checked


def dump_config(instance: object) -> dict[str, Any]:
    """Plain settings from which `read_config` builds the same again; what is None by default, and here, is left out.

    Raises:
        ConfigError: the class is not a dataclass of settings.
    """
    if not is_dataclass(instance):
        raise ConfigError(
            f"{type(instance).__name__} has no settings to write down; make it a dataclass with @register"
        )
    from pydantic_core import PydanticSerializationError

    cls: Any = type(instance)
    _, name = vars(cls).get("registered_as", ("", None))
    try:
        values = _adapter(cls).dump_python(instance, mode="json", exclude_none=True)
    except PydanticSerializationError as error:  # pydantic wraps what `_written` raises
        raise ConfigError(str(error).rpartition("ConfigError: ")[2]) from None
    values = _with_none(values, instance)
    return {"name": name, **values} if name else values


def _with_none(values: dict[str, Any], instance: Any) -> dict[str, Any]:
    """The settings, and those that are None although they would not be by default."""
    added: dict[str, Any] = {}
    for part in fields(instance):
        value, written = getattr(instance, part.name), values.get(part.name)
        if value is None and part.default is not None and part.name not in values:
            added[part.name] = _NONE
        elif is_dataclass(value) and isinstance(written, dict) and "registered_as" not in vars(type(value)):
            added[part.name] = _with_none(written, value)
    return values | added


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(annotation)


def _in_words(what: str, problem: Mapping[str, Any]) -> str:
    """One problem of pydantic's: where, what, and which value."""
    where = ".".join([what, *(str(part) for part in problem["loc"])])
    if problem["type"] == "value_error":  # raised by a class about its own settings
        return f"{where}: {problem['ctx']['error']}"
    return f"{where}: {problem['msg']}" + ("" if problem["type"] == "refused" else f", not {problem['input']!r}")
