#include "CTransport.h"
extern "C" void CTransport_stub(void) {}
