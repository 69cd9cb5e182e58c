#ifndef CTRANSPORT_H
#define CTRANSPORT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a function answers. */
enum CTransport_status {
  CTransport_ok = 0,
  CTransport_bad_input = 1,   /* a size below 1, or a coordinate that is not finite */
  CTransport_no_memory = 2,
  CTransport_not_solved = 3,  /* the simplex found no optimum; it always should */
};

/* The least cost of carrying one uniform distribution over points to another.
 *
 *   cost  = min over plans  sum_ij plan_ij * c(a_i, b_j),   rows of plan sum to 1/n, columns to 1/m
 *
 * with c the Euclidean distance, or its square where squared is not 0. Network simplex over
 * integers: each of the n points sends m/g units, each of the m takes n/g (g their greatest common
 * divisor), and costs are rounded to 2^-40 of the largest, so that arithmetic is exact and the
 * search ends; the cost of the plan found is then summed in double precision.
 *
 *   cost     out: 1 number
 *   a        in: n x dimension, row-major
 *   b        in: m x dimension, row-major
 *
 * Takes about 70 bytes of memory a pair. Source: Peyre and Cuturi, "Computational Optimal
 * Transport", 2019, section 3.5; LEMON's NetworkSimplex. */
int CTransport_cost(
    double *cost, const double *a, const double *b, int32_t n, int32_t m, int32_t dimension,
    int32_t squared);

#ifdef __cplusplus
}
#endif

#endif
