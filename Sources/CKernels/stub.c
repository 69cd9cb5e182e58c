#include "CKernels.h"
void CKernels_stub(void) {}
