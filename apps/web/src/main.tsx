import './verify-file.tsx'
