#include "CTransport.h"

#include <cmath>
#include <new>

#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

namespace {

using Graph = lemon::SmartDigraph;

double point_cost(const double *a, const double *b, int32_t dimension, bool squared) {
  double sum = 0;
  for (int32_t k = 0; k < dimension; k++) {
    const double difference = a[k] - b[k];
    sum += difference * difference;
  }
  return squared ? sum : std::sqrt(sum);
}

template <typename Units>
int solve(
    double *cost, const double *a, const double *b, const int64_t *a_units, const int64_t *b_units,
    int64_t total_units, int32_t n, int32_t m, int32_t dimension, bool squared) {
  using Simplex = lemon::NetworkSimplex<Graph, Units, int64_t>;
  const auto pair_cost = [=](int32_t i, int32_t j) {
    return point_cost(a + int64_t(i) * dimension, b + int64_t(j) * dimension, dimension, squared);
  };
  double largest = 0;
  for (int32_t i = 0; i < n; i++) {
    for (int32_t j = 0; j < m; j++) {
      const double c = pair_cost(i, j);
      if (!std::isfinite(c)) return CTransport_bad_input;
      largest = std::max(largest, c);
    }
  }
  if (largest == 0) {
    *cost = 0;
    return CTransport_ok;
  }

  // Arc i * m + j leads from point i of a to point j of b.
  Graph graph;
  graph.reserveNode(n + m);
  graph.reserveArc(n * m);
  for (int32_t i = 0; i < n + m; i++) graph.addNode();
  for (int32_t i = 0; i < n; i++) {
    for (int32_t j = 0; j < m; j++) graph.addArc(graph.nodeFromId(i), graph.nodeFromId(n + j));
  }
  Graph::ArcMap<int64_t> costs(graph);
  const double scale = std::ldexp(1.0, 40) / largest;
  for (int32_t i = 0; i < n; i++) {
    for (int32_t j = 0; j < m; j++) {
      costs[graph.arcFromId(i * m + j)] = std::llround(pair_cost(i, j) * scale);
    }
  }
  Graph::NodeMap<Units> supplies(graph);
  for (int32_t i = 0; i < n; i++) supplies[graph.nodeFromId(i)] = Units(a_units[i]);
  for (int32_t j = 0; j < m; j++) supplies[graph.nodeFromId(n + j)] = -Units(b_units[j]);

  Simplex simplex(graph, /* arc_mixing */ true);
  simplex.costMap(costs).supplyMap(supplies);
  if (simplex.run() != Simplex::OPTIMAL) return CTransport_not_solved;

  double total = 0;
  for (int32_t i = 0; i < n; i++) {
    for (int32_t j = 0; j < m; j++) {
      const Units units = simplex.flow(graph.arcFromId(i * m + j));
      if (units != 0) total += double(units) * pair_cost(i, j);
    }
  }
  *cost = total / double(total_units);
  return CTransport_ok;
}

// The sum of units; 0 where one is negative or the sum is above CTransport_most_units.
int64_t sum(const int64_t *units, int32_t count) {
  int64_t sum = 0;
  for (int32_t i = 0; i < count; i++) {
    if (units[i] < 0 || units[i] > CTransport_most_units - sum) return 0;
    sum += units[i];
  }
  return sum;
}

}  // namespace

extern "C" int CTransport_cost(
    double *cost, const double *a, const double *b, const int64_t *a_units, const int64_t *b_units,
    int32_t n, int32_t m, int32_t dimension, int32_t squared) {
  if (n < 1 || m < 1 || dimension < 1 || int64_t(n) * m > INT32_MAX - n - m) {
    return CTransport_bad_input;
  }
  const int64_t total = sum(a_units, n);
  if (total == 0 || total != sum(b_units, m)) return CTransport_bad_input;
  try {
    // Fewer units fit in half the memory.
    return total <= INT32_MAX
        ? solve<int32_t>(cost, a, b, a_units, b_units, total, n, m, dimension, squared != 0)
        : solve<int64_t>(cost, a, b, a_units, b_units, total, n, m, dimension, squared != 0);
  } catch (const std::bad_alloc &) {
    return CTransport_no_memory;
  } catch (...) {
    return CTransport_not_solved;
  }
}
