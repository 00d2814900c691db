# plan 0123456789abcdef: A plan for tests.

# line 1: 1 x p5.48xlarge, aws us-east-1, on_demand; 1 x q4_k_m on llama.cpp, tp 1 pp 8
# note: choose a GGUF file of meta-llama/Llama-3.1-405B-Instruct in Q4_K_M, and name it with --checkpoint FILE.gguf

# on instance 1
llama-server -m llama-3.1-405b-q4_k_m.gguf \
  -ngl all \
  --split-mode layer \
  --tensor-split 1,1,1,1,1,1,1,1 \
  --ctx-size 61440 \
  --parallel 24 \
  --flash-attn on \
  --cache-type-k q8_0 \
  --cache-type-v q8_0 \
  --host 0.0.0.0 \
  --port 8000
