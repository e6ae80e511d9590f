<?php
// PHP's built-in server: files as they are, everything else to WordPress, as the usual rewrite rules do.
$path = parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) ?: '/';
$file = realpath( $_SERVER['DOCUMENT_ROOT'] . rawurldecode( $path ) );
if ( $file && is_dir( $file ) && is_file( "$file/index.php" ) && '/' !== $path ) {
	if ( '/' !== substr( $path, -1 ) ) {
		header( "Location: $path/", true, 301 );
		return true;
	}
	$file .= '/index.php';
	$path .= 'index.php';
}
if ( $file && is_file( $file ) && '/' !== $path ) {
	if ( '.php' !== substr( $file, -4 ) ) {
		return false;
	}
	$_SERVER['SCRIPT_NAME']     = $path;
	$_SERVER['PHP_SELF']        = $path;
	$_SERVER['SCRIPT_FILENAME'] = $file;
	chdir( dirname( $file ) );
	require $file;
	return true;
}
$_SERVER['SCRIPT_NAME'] = '/index.php';
$_SERVER['PHP_SELF']    = '/index.php';
chdir( $_SERVER['DOCUMENT_ROOT'] );
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
