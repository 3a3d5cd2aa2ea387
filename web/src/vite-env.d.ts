declare module 'virtual:emoji' {
  const rows: [character: string, group: number, names: string[], keywords: string][];
  export default rows;
}
