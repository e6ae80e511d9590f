
// Appended to the settings that the installer writes.
$wgServer = 'http://' . getenv( 'APP_HOST' );
$wgScriptPath = '';
$wgArticlePath = '/wiki/$1';
$wgUploadDirectory = getenv( 'APP_IMAGES' );
$wgUploadPath = '/images';
$wgEnableUploads = true;
$wgFileExtensions = [ 'png', 'gif', 'jpg', 'jpeg', 'txt', 'csv' ];
$wgCacheDirectory = getenv( 'APP_CACHE' );
$wgMainCacheType = CACHE_DB;
$wgJobRunRate = 0;
$wgRateLimits = [];
$wgPasswordAttemptThrottle = [];
$wgAccountCreationThrottle = [];
$wgEmailConfirmToEdit = false;
$wgEnableEmail = false;
$wgAllowUserJs = true;
$wgAllowUserCss = true;
$wgShowExceptionDetails = false;
$wgPygmentizePath = '/usr/bin/true';
$wgUseInstantCommons = false;
foreach ( [ 'VisualEditor', 'WikiEditor', 'CodeEditor', 'Cite', 'ParserFunctions', 'Gadgets', 'CategoryTree', 'InputBox', 'TemplateData', 'Poem' ] as $name ) {
	wfLoadExtension( $name );
}
$wgDefaultUserOptions['visualeditor-enable'] = 1;
$wgDefaultUserOptions['usebetatoolbar'] = 1;
