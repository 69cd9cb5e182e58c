#include "CMessagePassing.h"

#ifdef DPOLICY_MPI

#include <mpi.h>
#include <stdlib.h>

// MPI counts in int.
static const size_t largest = (size_t)1 << 30;

int CMessagePassing_is_there(void) { return 1; }

int CMessagePassing_join(int *rank, int *count) {
  int provided;
  int error = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
  if (error == MPI_SUCCESS) error = MPI_Comm_rank(MPI_COMM_WORLD, rank);
  if (error == MPI_SUCCESS) error = MPI_Comm_size(MPI_COMM_WORLD, count);
  return error;
}

static size_t pieces(const CMessagePassing_message *messages, size_t count) {
  size_t result = 0;
  for (size_t i = 0; i < count; i++) result += (messages[i].count + largest - 1) / largest;
  return result;
}

int CMessagePassing_exchange(const CMessagePassing_message *sends, size_t send_count,
                             const CMessagePassing_message *receives, size_t receive_count) {
  size_t all = pieces(sends, send_count) + pieces(receives, receive_count);
  if (all == 0) return MPI_SUCCESS;
  MPI_Request *requests = malloc(all * sizeof *requests);
  if (requests == NULL) return MPI_ERR_NO_MEM;
  size_t next = 0;
  int error = MPI_SUCCESS;
  for (size_t i = 0; i < receive_count && error == MPI_SUCCESS; i++) {
    for (size_t at = 0; at < receives[i].count && error == MPI_SUCCESS; at += largest) {
      size_t left = receives[i].count - at;
      error = MPI_Irecv(receives[i].values + at, (int)(left < largest ? left : largest), MPI_FLOAT,
                        receives[i].peer, 0, MPI_COMM_WORLD, &requests[next++]);
    }
  }
  for (size_t i = 0; i < send_count && error == MPI_SUCCESS; i++) {
    for (size_t at = 0; at < sends[i].count && error == MPI_SUCCESS; at += largest) {
      size_t left = sends[i].count - at;
      error = MPI_Isend(sends[i].values + at, (int)(left < largest ? left : largest), MPI_FLOAT,
                        sends[i].peer, 0, MPI_COMM_WORLD, &requests[next++]);
    }
  }
  if (error == MPI_SUCCESS) error = MPI_Waitall((int)next, requests, MPI_STATUSES_IGNORE);
  free(requests);
  return error;
}

void CMessagePassing_leave(void) { MPI_Finalize(); }

void CMessagePassing_abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

#else

int CMessagePassing_is_there(void) { return 0; }

int CMessagePassing_join(int *rank, int *count) {
  *rank = 0;
  *count = 1;
  return 0;
}

int CMessagePassing_exchange(const CMessagePassing_message *sends, size_t send_count,
                             const CMessagePassing_message *receives, size_t receive_count) {
  (void)sends;
  (void)receives;
  return send_count + receive_count > 0;
}

void CMessagePassing_leave(void) {}

void CMessagePassing_abort(int status) { (void)status; }

#endif
