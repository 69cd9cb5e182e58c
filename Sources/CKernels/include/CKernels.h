void CKernels_stub(void);
