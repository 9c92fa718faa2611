/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_LEAKGRAPH_H
#define LEAKGRAPH_LEAKGRAPH_H

#include "leakgraph/analysis.h"
#include "leakgraph/budget.h"
#include "leakgraph/classes.h"
#include "leakgraph/cut.h"
#include "leakgraph/cycles.h"
#include "leakgraph/diff.h"
#include "leakgraph/dump.h"
#include "leakgraph/export.h"
#include "leakgraph/fleet.h"
#include "leakgraph/graph.h"
#include "leakgraph/growth.h"
#include "leakgraph/index.h"
#include "leakgraph/memory.h"
#include "leakgraph/profile.h"
#include "leakgraph/query.h"
#include "leakgraph/referrers.h"
#include "leakgraph/signature.h"
#include "leakgraph/snapshot.h"
#include "leakgraph/status.h"
#include "leakgraph/take.h"
#include "leakgraph/trend.h"
#include "leakgraph/units.h"
#include "leakgraph/waste.h"
#include "leakgraph/watch.h"
#include "leakgraph/what_if.h"

#endif
