#include "CBox2D.h"
extern "C" void CBox2D_stub(void) {}
