#ifdef __cplusplus
extern "C" {
#endif
void CTransport_stub(void);
#ifdef __cplusplus
}
#endif
