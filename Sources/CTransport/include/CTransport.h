#ifndef CTRANSPORT_H
#define CTRANSPORT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a function answers. */
enum CTransport_status {
  CTransport_ok = 0,
  CTransport_bad_input = 1,   /* an impossible size or unit, or a coordinate that is not finite */
  CTransport_no_memory = 2,
  CTransport_not_solved = 3,  /* the simplex found no optimum; it always should */
};

/* The most units that a distribution may have: 2^52. */
static const int64_t CTransport_most_units = INT64_C(1) << 52;

/* The least cost of carrying one distribution over points to another.
 *
 *   cost  = min over plans  sum_ij plan_ij * c(a_i, b_j) / total
 *
 * where the rows of a plan sum to a_units, its columns to b_units, and c is the Euclidean distance,
 * or its square where squared is not 0. Network simplex over integers: units are whole, and costs
 * are rounded to 2^-40 of the largest, so that arithmetic is exact and the search ends; the cost of
 * the plan found is then summed in double precision.
 *
 *   cost     out: 1 number
 *   a        in: n x dimension, row-major
 *   b        in: m x dimension, row-major
 *   a_units  in: n, at least 0; their sum is total, above 0
 *   b_units  in: m, at least 0, of the same sum
 *
 * Takes about 70 bytes of memory a pair, 12 more where there are over 2^31 units. Source: Peyre and
 * Cuturi, "Computational Optimal Transport", 2019, section 3.5; LEMON's NetworkSimplex. */
int CTransport_cost(
    double *cost, const double *a, const double *b, const int64_t *a_units, const int64_t *b_units,
    int32_t n, int32_t m, int32_t dimension, int32_t squared);

#ifdef __cplusplus
}
#endif

#endif
