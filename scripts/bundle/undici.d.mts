export { Agent, ProxyAgent, request, Socks5ProxyAgent } from 'undici';
