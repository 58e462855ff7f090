"""One encoder block over a flat row, forward and back in one step: the fast path of BERT's and XLM-R's blocks on a CPU.

In: a block of the model library, whose weights it uses and whose gradients it fills, token vectors [tokens, width] and
a ``Layout``. Out: the vectors after the block, of the tokens that are read. It computes what the library's block
computes under autocast (matrix products in bfloat16 or float32, sums and LayerNorm in float32), with less around the
matrix products: weights are cast once an update and not once a micro-batch; query, key and value are one product;
dropout masks are bits (``dropout``); softmax runs in float32, which is twice as fast here as in bfloat16; the way back
is written out instead of found node by node.

The last block works for the tokens that the head reads alone: the others give it keys and values and nothing else. For
a classification of the first token that leaves out two thirds of the block's matrix products, of a four-layer encoder a
sixth of all. docs/engine.md has the measurements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from xstilts.model.attention import drop_mask
from xstilts.model.dropout import lay_over
from xstilts.model.layout import Group, Layout, rounded


class Weights(NamedTuple):
    """The matrices and biases of a block in the type of its products; ``into`` is query, key and value, one above the
    other."""

    into: Tensor
    into_bias: Tensor
    attended: Tensor
    attended_bias: Tensor
    up: Tensor
    up_bias: Tensor
    down: Tensor
    down_bias: Tensor


@dataclass
class _Cast:
    """The weights of a block as last cast, and for which state of its parameters."""

    state: tuple[Any, ...]
    weights: Weights


def fits(layer: nn.Module) -> bool:
    """Whether this file computes what ``layer`` does: LayerNorm behind each sum, GELU, on a CPU that has all of it."""
    module: Any = layer
    try:
        gelu = type(module.intermediate.intermediate_act_fn).__name__ == "GELUActivation"
        behind = isinstance(module.attention.output.LayerNorm, nn.LayerNorm)
        weight = module.attention.self.query.weight
        return bool(gelu and behind and weight.device.type == "cpu" and type(weight) is nn.Parameter)
    except AttributeError:
        return False


def run(layer: nn.Module, x: Tensor, sequences: Layout) -> Tensor:
    """``layer`` on ``x`` float32 [rows, width]; of the tokens that ``sequences`` reads, or of all.

    ``x`` may have more rows than there are tokens, in and out: they belong to no sequence, and nobody reads them.
    """
    own: Any = layer
    dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
    parameters = _parameters(own)
    weights = _cast(own, parameters, dtype)
    block = _Block(own, weights, sequences)
    with torch.autocast("cpu", enabled=False):
        if torch.is_grad_enabled():
            result: Tensor = _Step.apply(block, x, *parameters)  # type: ignore[no-untyped-call]
            return result
        return block.forward(x, None)


def _parameters(layer: Any) -> list[Tensor]:
    """Weights and biases: query, key, value, after attention, LayerNorm, up, down, LayerNorm."""
    inner = layer.attention.self
    modules = (
        *(inner.query, inner.key, inner.value, layer.attention.output.dense, layer.attention.output.LayerNorm),
        *(layer.intermediate.dense, layer.output.dense, layer.output.LayerNorm),
    )
    return [tensor for module in modules for tensor in (module.weight, module.bias)]


def _cast(layer: Any, parameters: list[Tensor], dtype: torch.dtype) -> Weights:
    state = (dtype, *((tensor.data_ptr(), tensor._version) for tensor in parameters))
    held: _Cast | None = layer.__dict__.get("_xstilts_cast")
    if held is None or held.state != state:
        with torch.no_grad():
            q, qb, k, kb, v, vb, a, ab, _, _, u, ub, d, db, _, _ = parameters
            into, bias = torch.cat([x.to(dtype) for x in (q, k, v)]), torch.cat([x.to(dtype) for x in (qb, kb, vb)])
            held = _Cast(state, Weights(into, bias, *(x.detach().to(dtype) for x in (a, ab, u, ub, d, db))))
        layer.__dict__["_xstilts_cast"] = held
    return held.weights


class _Attended(NamedTuple):
    """What the way back needs of a group: grids [count, heads, width, size], weights, what dropout kept of them."""

    q: Tensor
    k: Tensor
    v: Tensor
    weights: Tensor
    mask: Tensor | None


class _Norm(NamedTuple):
    """What the way back needs of a LayerNorm."""

    x: Tensor
    mean: Tensor
    deviation: Tensor


class _Kept(NamedTuple):
    """What the way back needs of a block; of its attention group by group."""

    low: Tensor
    asking: Tensor
    attended: Tensor
    first_mask: Tensor | None
    first_norm: _Norm
    middle_low: Tensor
    before: Tensor
    after: Tensor
    second_mask: Tensor | None
    second_norm: _Norm
    groups: list[_Attended]

    def flat(self) -> list[Tensor | None]:
        """All tensors in a row, in which autograd keeps them."""
        single = [self.low, self.asking, self.attended, self.first_mask, *self.first_norm]
        single += [self.middle_low, self.before, self.after, self.second_mask, *self.second_norm]
        return [*single, *(tensor for group in self.groups for tensor in group)]


def _from_flat(row: Sequence[Any]) -> _Kept:
    low, asking, attended, first_mask, *norm_1, middle_low, before, after, second_mask, x, mean, deviation = row[:14]
    groups = [_Attended(*row[at : at + 5]) for at in range(14, len(row), 5)]
    sums = (_Norm(*norm_1), middle_low, before, after, second_mask, _Norm(x, mean, deviation))
    return _Kept(low, asking, attended, first_mask, *sums, groups)


class _Block:
    """A block's computation on one layout."""

    def __init__(self, layer: Any, weights: Weights, sequences: Layout) -> None:
        self.layer, self.weights, self.sequences = layer, weights, sequences
        self.heads = int(layer.attention.self.num_attention_heads)
        self.type = weights.into.dtype
        self.read = None if sequences.read is None else _lengthened(sequences.read)
        self.attention_drop = layer.attention.self.dropout
        self.first_drop, self.second_drop = layer.attention.output.dropout, layer.output.dropout

    def forward(self, x: Tensor, keep: list[_Kept] | None) -> Tensor:
        """The vectors after the block; what the way back needs is put into ``keep``."""
        w, read, width = self.weights, self.read, x.shape[1]
        low = x.to(self.type)
        if read is None:
            rows = functional.linear(low, w.into, w.into_bias)
            asked, said, old, asking = rows[:, :width], rows[:, width:], x, low
        else:
            old, asking = x.index_select(0, read), low.index_select(0, read)
            asked = functional.linear(asking, w.into[:width], w.into_bias[:width])
            said = functional.linear(low, w.into[width:], w.into_bias[width:])
        groups: list[_Attended] = []
        kept = groups if keep is not None else None
        attended = _joined([self._attend(group, asked, said, kept) for group in self.sequences.groups], len(old))
        y, first_mask = self._dropped(functional.linear(attended, w.attended, w.attended_bias), self.first_drop)
        middle, first_norm = _normed(
            torch.add(old, y.float(), alpha=self.first_drop.scale), self.layer.attention.output.LayerNorm
        )
        middle_low = middle.to(self.type)
        if keep is None:
            before, after = None, _up_and_gelu(middle_low, w)
        else:
            before = functional.linear(middle_low, w.up, w.up_bias)
            after = functional.gelu(before)
        z, second_mask = self._dropped(functional.linear(after, w.down, w.down_bias), self.second_drop)
        result, second_norm = _normed(
            torch.add(middle, z.float(), alpha=self.second_drop.scale), self.layer.output.LayerNorm
        )
        if keep is not None and before is not None:
            sums = (attended, first_mask, first_norm, middle_low, before, after, second_mask, second_norm)
            keep.append(_Kept(low, asking, *sums, groups))
        return result

    def _dropped(self, y: Tensor, drop: Any) -> tuple[Tensor, Tensor | None]:
        """``y`` [rows, width], dropped in place but not scaled; all tokens draw, whether read or not."""
        if not drop.active:
            return y, None
        count = self.sequences.tokens * y.shape[1]
        mask = drop.mask(count)[:count].view(-1, y.shape[1])
        if self.read is not None:
            mask = mask.index_select(0, self.read)
        lay_over(y[: len(mask)], mask)
        return y, mask

    def _attend(self, group: Group, asked: Tensor, said: Tensor, keep: list[_Attended] | None) -> Tensor:
        """A group's attended values, [its queries, width]."""
        size = asked.shape[1] // self.heads
        keys, queries = group.keys, group.queries
        q = queries.lay(asked[queries.low : queries.high]).view(queries.count, queries.width, self.heads, size)
        kv = keys.lay(said[keys.low : keys.high]).view(keys.count, keys.width, 2, self.heads, size)
        q = q.transpose(1, 2).contiguous().mul_(size**-0.5)
        k, v = kv.permute(2, 0, 3, 1, 4).contiguous().unbind(0)
        if self.attention_drop.active:
            v.mul_(self.attention_drop.scale)
        scores = (q @ k.transpose(-1, -2)).float()
        if group.hidden is not None:
            scores += group.hidden
        weights = torch.softmax(scores, dim=-1).to(self.type)
        mask = drop_mask(self.attention_drop, group, self.heads) if self.attention_drop.active else None
        values = (lay_over(weights.clone(), mask) if mask is not None else weights) @ v
        if keep is not None:
            keep.append(_Attended(q, k, v, weights, mask))
        return queries.collect(values.transpose(1, 2).reshape(queries.count, queries.width, -1))

    def backward(self, g: Tensor, kept: _Kept, learns: bool) -> tuple[Tensor | None, ...]:
        """Gradients of ``x`` and, where the block ``learns``, of its parameters in their order."""
        low, asking, attended, first_mask, first_norm, middle_low, before, after, second_mask, second_norm, groups = (
            kept
        )
        w, read, width = self.weights, self.read, g.shape[1]
        g, *norm_2 = _norm_back(g, second_norm, self.layer.output.LayerNorm, learns)
        dz = _dropped_back(g, self.second_drop, self.type, second_mask)
        du = torch.ops.aten.gelu_backward(dz @ w.down, before)
        g = g + (du @ w.up).float()
        g, *norm_1 = _norm_back(g, first_norm, self.layer.attention.output.LayerNorm, learns)
        dy = _dropped_back(g, self.first_drop, self.type, first_mask)
        da = dy @ w.attended
        parts = [self._attend_back(group, da, one) for group, one in zip(self.sequences.groups, groups, strict=True)]
        dq, dkv = (
            _joined(side, count) for side, count in zip(zip(*parts, strict=True), (len(g), len(low)), strict=True)
        )
        if read is None:
            into = torch.cat((dq, dkv), dim=1)
            dx = g + (into @ w.into).float()
        else:
            dx = (dkv @ w.into[width:]).float()
            dx.index_add_(0, read, g + (dq @ w.into[:width]).float())
        if not learns:
            return (dx, *(None for _ in range(16)))
        if read is None:
            dw, db = into.t() @ low, into.sum(0)
        else:
            dw, db = torch.cat((dq.t() @ asking, dkv.t() @ low)), torch.cat((dq.sum(0), dkv.sum(0)))
        pairs = [x for both in zip(dw.float().chunk(3), db.float().chunk(3), strict=True) for x in both]
        rest = ((dy.t() @ attended, dy.sum(0)), norm_1, (du.t() @ middle_low, du.sum(0)), (dz.t() @ after, dz.sum(0)))
        return (dx, *pairs, *(None if x is None else x.float() for both in rest for x in both), *norm_2)

    def _attend_back(self, group: Group, g: Tensor, one: _Attended) -> tuple[Tensor, Tensor]:
        """Gradients of a group's queries [queries, width], and of keys and values [tokens, 2 width]."""
        keys, queries = group.keys, group.queries
        heads, size = self.heads, one.q.shape[-1]
        do = queries.lay(g[queries.low : queries.high]).view(queries.count, queries.width, heads, size)
        do = do.transpose(1, 2).contiguous()
        dropped = one.weights if one.mask is None else lay_over(one.weights.clone(), one.mask)
        dkv = g.new_empty(2, keys.count, heads, keys.width, size)
        torch.matmul(dropped.transpose(-1, -2), do, out=dkv[1])
        if self.attention_drop.active:
            dkv[1].mul_(self.attention_drop.scale)
        dweights = lay_over(do @ one.v.transpose(-1, -2), one.mask)
        ds = torch.ops.aten._softmax_backward_data(dweights, one.weights, -1, self.type)
        torch.matmul(ds.transpose(-1, -2), one.q, out=dkv[0])
        dq = (ds @ one.k).mul_(size**-0.5).transpose(1, 2).reshape(queries.count, queries.width, -1)
        return queries.collect(dq), keys.collect(dkv.permute(1, 3, 0, 2, 4).reshape(keys.count, keys.width, -1))


def _up_and_gelu(x: Tensor, w: Weights) -> Tensor:
    """GELU inside of the matrix product, where nothing has to be kept for a way back: 6.3 ms and not 10.2 for 2,048
    tokens of width 256, 49 ms and not 67 for width 768."""
    if x.dtype is torch.bfloat16 and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        result: Tensor = torch.ops.mkldnn._linear_pointwise(x, w.up, w.up_bias, "gelu", [], "none")
        return result
    return functional.gelu(functional.linear(x, w.up, w.up_bias))


def _lengthened(read: Tensor) -> Tensor:
    """``read`` with further numbers, of whatever token, up to a round count."""
    return functional.pad(read, (0, rounded(len(read)) - len(read)))


def _joined(parts: Sequence[Tensor], rows: int) -> Tensor:
    """The groups' rows one after the other, and zeros up to ``rows``."""
    short = rows - sum(len(part) for part in parts)
    everything = [*parts, parts[0].new_zeros(short, parts[0].shape[1])] if short else list(parts)
    return torch.cat(everything) if len(everything) > 1 else everything[0]


def _dropped_back(g: Tensor, drop: Any, dtype: torch.dtype, mask: Tensor | None) -> Tensor:
    if mask is None:
        return g.to(dtype)
    result: Tensor = (g * drop.scale).to(dtype)
    lay_over(result[: len(mask)], mask)
    return result


def _normed(x: Tensor, norm: Any) -> tuple[Tensor, _Norm]:
    result, mean, deviation = torch.native_layer_norm(x, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    return result, _Norm(x, mean, deviation)


def _norm_back(g: Tensor, kept: _Norm, norm: Any, learns: bool) -> tuple[Tensor, Tensor | None, Tensor | None]:
    found: tuple[Tensor, Tensor | None, Tensor | None] = torch.ops.aten.native_layer_norm_backward(
        *(g.contiguous(), kept.x, norm.normalized_shape, kept.mean, kept.deviation, norm.weight, norm.bias),
        [True, learns, learns],
    )
    return found


class _Step(torch.autograd.Function):
    """The block as one node of the graph."""

    @staticmethod
    def forward(ctx: Any, block: _Block, x: Tensor, *parameters: Tensor) -> Tensor:
        ctx.block, ctx.learns = block, any(parameter.requires_grad for parameter in parameters)
        keep: list[_Kept] = []
        result = block.forward(x, keep)
        ctx.save_for_backward(*keep[0].flat())  # given free by autograd, unless it is told to keep the graph
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return (None, *ctx.block.backward(gradients[0], _from_flat(ctx.saved_tensors), ctx.learns))
