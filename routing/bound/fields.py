"""Columns and positions of the arrays that the bound's kernels read."""

from __future__ import annotations

MAX_GATES = 3
"""Most gates of a sequence."""

# Columns of a leg's nodes: number of the demand, gate, row and number of the place, ride cap and wish in seconds,
# service seconds at home and the least at the gate of anybody who takes the same places, wheelchair, own PAs, shared
# PA, tags asked of the vehicle.
V_DEMAND, V_GATE, V_ROW, V_PLACE, V_CAP, V_TARGET, V_SERVICE, V_AT_GATE, V_CHAIR, V_OWN, V_SHARED, V_TAGS = range(12)
N_NODE_COLUMNS = 12

# What a run costs with one kind of vehicle: pence a metre, pence that every run pays, pence an own PA, which empty
# miles are paid, vehicle class, tags, shared PA on board (0 or 1), most places of a layout that people can take.
C_METRE, C_RUN, C_OWN_PA, C_EMPTY, C_CLASS, C_TAGS, C_PA, C_ROOM = range(8)
N_COST_COLUMNS = 8
NO_EMPTY_MILES, BACK_TO_FIRST, FROM_BASE = range(3)
"""None; from the last stop to the first; from and to a base, the nearest of several."""

# Fields of one sequence: gates outwards from the homes (-1: no more), their offsets, the least time at and between the
# gates, and that of the drives alone; and its clock: AM the latest that the homes may end, the earliest that the run
# may, and when the first gate opens; PM the latest start of the run, the earliest that the homes may begin, and when
# the last gate closes.
Q_GATES, Q_OFFSETS = 0, MAX_GATES
Q_SPAN, Q_DRIVE, Q_LATEST, Q_EARLIEST, Q_EDGE = range(2 * MAX_GATES, 2 * MAX_GATES + 5)
N_SEQUENCE_COLUMNS = 2 * MAX_GATES + 5
