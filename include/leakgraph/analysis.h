/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_ANALYSIS_H
#define LEAKGRAPH_ANALYSIS_H

#include "leakgraph/graph.h"

#endif
